// tightrope eval: what making a model smaller cost.
#include "tightrope/eval.h"

#include <fmt/format.h>

#include "options.h"
#include "report_files.h"
#include "signals.h"
#include "terminal.h"
#include "tightrope/error.h"
#include "verbs.h"

namespace tightrope::app {
namespace {

struct Options {
  std::vector<std::string> models;
  std::string adapter, base, text, convention = "consecutive", report, prompt;
  bool json = false, force = false, bench = false;
  EvaluateOptions evaluate;
};

std::vector<std::filesystem::path> inputs_of(const Options& options) {
  std::vector<std::filesystem::path> inputs(options.models.begin(), options.models.end());
  inputs.emplace_back(options.text);
  if (!options.base.empty()) inputs.emplace_back(options.base);
  return inputs;
}

// Short: enough for the report's table of speeds; `tightrope bench` is the place for more.
BenchOptions brief_bench(unsigned threads) {
  return {.prefill_tokens = 256, .decode_tokens = 32, .batches = "1", .repetitions = 3, .threads = threads};
}

Report measure_quality(const Options& options, const Progress& progress) {
  std::vector<Model> models;
  models.reserve(options.models.size());
  for (const std::string& path : options.models) models.push_back(load_with(path, options.adapter));
  std::optional<Model> base;
  if (!options.base.empty()) base = Model::load(options.base);
  return evaluate(models, base, Corpus::from(options.text), options.evaluate, progress);
}

Report measure(const Options& options) {
  const Progress progress = progress_on_stderr();
  Report report = measure_quality(options, progress);  // its models are gone before speed and memory are measured
  if (!options.bench) return report;
  const std::vector<ReportRow> rows = report.rows();
  for (const ReportRow& row : rows) report = report.with(benchmark(row.path, brief_bench(options.evaluate.eval.threads), progress));
  return report;
}

void run(Options options) {
  if (options.bench && !options.adapter.empty())
    throw Error(ErrorCode::invalid_argument, "[eval] --bench measures models as their files are; merge the adapter first");
  options.evaluate.eval.convention = options.convention == "llama" ? PerplexityConvention::second_half : PerplexityConvention::consecutive;
  if (!options.report.empty()) {
    check_report(options.report, options.force, inputs_of(options));
    options.evaluate.prompt = options.prompt;
  }
  const Report report = measure(options);
  if (!options.report.empty()) write_report(report, options.report, options.force);
  if (options.json) return print_line(report.to_json());
  print_line(report.to_table());
}

}  // namespace

void add_eval(Program& program) {
  auto options = std::make_shared<Options>();
  options->prompt = "The history of the city";
  options->evaluate.command = program.command();
  Verb verb = program.add_verb("eval", "Measure perplexity, and divergence from an original",
                               {"tightrope eval models/wren-7m --text demo/text.txt --chunks 4",
                                "tightrope eval q4.gguf q8.gguf --against models/wren-7m --text demo/text.txt --report report.html"},
                               [options] { run(*options); });
  verb.option("MODELS,-m,--model", options->models, "PATH", "Models to measure", {.required = true});
  add_adapter(verb, options->adapter);
  verb.option("--against", options->base, "PATH", "The original: adds KL divergence and same-top");
  verb.option("-f,--text", options->text, "FILE", "UTF-8 text to measure on", {.required = true});
  EvalOptions& eval = options->evaluate.eval;
  verb.option("-c,--context", eval.context, "N", "Tokens a chunk (default 512)", {.least = 2, .most = std::uint64_t{1} << 24});
  verb.option("--chunks", eval.max_chunks, "N", "Chunks to measure; 0 means the whole text");
  verb.option("--convention", options->convention, "NAME", "Which tokens count: all but a chunk's first, or as llama-perplexity does",
              {.choices = {"consecutive", "llama"}});
  verb.option("--report", options->report, "PATH",
              "Write an HTML page here (and its JSON beside it); a folder gets report.html and report.json");
  verb.option("--prompt", options->prompt, "TEXT", "What each model continues in the report");
  verb.flag("--bench", options->bench, "Measure speed briefly, too");
  add_compute(verb, eval.threads, eval.exact);
  add_force(verb, options->force);
  add_json(verb, options->json);
}

}  // namespace tightrope::app
