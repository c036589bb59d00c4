// tightrope bench: how fast a model runs here.
#include "options.h"
#include "terminal.h"
#include "tightrope/error.h"
#include "tightrope/eval.h"
#include "verbs.h"

namespace tightrope::app {
namespace {

struct Options {
  std::string model, against;
  BenchOptions bench;
  bool json = false, kernels = false;
};

Findings measure(const Options& options) {
  if (options.kernels) return benchmark_kernels(options.bench.threads, progress_on_stderr());
  if (!options.against.empty()) return benchmark_against(options.model, options.against, options.bench, progress_on_stderr());
  const Benchmark result = benchmark(options.model, options.bench, progress_on_stderr());
  return {.json = result.to_json(), .table = result.to_table()};
}

void run(const Options& options) {
  if (options.model.empty() && !options.kernels)
    throw Error(ErrorCode::invalid_argument, "[usage] MODEL is missing; 'tightrope bench --help' shows how to use it");
  if (options.kernels && !(options.model.empty() && options.against.empty()))
    throw Error(ErrorCode::invalid_argument, "[usage] --kernels measures kernels alone; leave MODEL and --against away, or --kernels");
  const Findings found = measure(options);
  print_line(options.json ? found.json : found.table);
}

}  // namespace

void add_bench(Program& program) {
  auto options = std::make_shared<Options>();
  Verb verb = program.add_verb(
      "bench", "Measure load time, prefill and decode speed, memory",
      {"tightrope bench models/wren-7m --prompt 128 --generate 16 --repetitions 2",
       "tightrope bench models/wren-7m --prompt 64 --generate 8 --batch 1,2 --repetitions 1 --json",
       "tightrope bench models/wren-7m --depth 0,384 --prompt 64 --generate 8 --repetitions 1",
       "tightrope bench q4.gguf --against llama-bench --prompt 64 --generate 8 --repetitions 2", "tightrope bench --kernels"},
      [options] { run(*options); });
  verb.option("MODEL,-m,--model", options->model, "PATH", "Hugging Face folder, .safetensors or .gguf; not with --kernels");
  constexpr std::uint64_t kMost = std::uint64_t{1} << 24;
  BenchOptions& bench = options->bench;
  verb.option("-p,--prompt", bench.prefill_tokens, "N", "Tokens of the prompt (default 512)", {.least = 1, .most = kMost});
  verb.option("-n,--generate", bench.decode_tokens, "N", "Tokens to generate a sequence (default 64)", {.least = 1, .most = kMost});
  verb.option("-b,--batch", bench.batches, "LIST", "Sequences decoded together: a list like 1,2,4 (default 1)");
  verb.option("-d,--depth", bench.depths, "LIST",
              "Tokens that the context holds already when prompt and generation begin: a list like 0,4096 (default 0)");
  verb.option("-r,--repetitions", bench.repetitions, "N", "Runs after the warm-up; the median counts (default 5)",
              {.least = 1, .most = 10000});
  verb.flag("--kernels", options->kernels, "Measure the kernels against what this machine can do at best");
  verb.option("--against", options->against, "PROGRAM",
              "Take turns with this llama-bench (of llama.cpp or ik_llama.cpp): same GGUF file, threads, lengths and depth");
  verb.option("--time-limit", bench.peer_seconds, "SECONDS", "Of each run of PROGRAM (default 600)", {.least = 1, .most = 86400});
  add_compute(verb, bench.threads, bench.exact);
  add_json(verb, options->json);
}

}  // namespace tightrope::app
