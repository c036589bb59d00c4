// Times loading, prefill and decode of one model with made-up tokens: speed does not depend on what they say.
#include "eval/latency.h"

#include <malloc.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>

#include "base/clock.h"
#include "base/cpu.h"
#include "base/error.h"
#include "eval/passes.h"
#include "eval/processor_time.h"
#include "kernels/ceilings.h"
#include "model/checkpoint_io.h"
#include "tensor/half.h"

namespace tightrope::eval {
namespace {

constexpr std::uint64_t kLargestBatch = 4096, kLargestDepth = std::uint64_t{1} << 24;

// Lets the kernel count the peak from now on; where it refuses, the peak since the start stands. What earlier work freed goes back to the
// system first: the allocator keeps it otherwise, and it would count as this model's.
void reset_peak_resident_bytes() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  std::ofstream("/proc/self/clear_refs") << "5";
}

class Bench {
 public:
  Bench(engine::Engine& engine, const BenchOptions& options, const Progress& progress, std::uint64_t measurements)
      : engine_(engine), options_(options), progress_(progress), passes_in_all_(measurements * (std::uint64_t{options.repetitions} + 1)) {}

  PrefillSpeed prefill(Contexts& contexts, std::uint64_t depth) {
    PrefillPass pass(engine_, contexts, options_.prefill_tokens);
    return {.tokens = options_.prefill_tokens,
            .depth = depth,
            .batch = 1,
            .tokens_per_second = timed("prefill", options_.prefill_tokens, pass)};
  }

  DecodeSpeed decode(Contexts& contexts, std::uint64_t depth, std::uint64_t batch) {
    DecodePass pass(engine_, contexts, batch, options_.decode_tokens);
    DecodeSpeed speed{.depth = depth, .batch = batch, .tokens_per_second = timed("decode", batch * options_.decode_tokens, pass)};
    // NOLINTNEXTLINE(clang-analyzer-core.DivideZero): parse_batches lets no 0 through
    speed.bytes_per_token = engine_.bytes_per_token() / batch + mean_cache_bytes(depth);
    return speed;
  }

 private:
  // Keys and values one token reads, in the cells that the engine keeps them in, on average over the positions from `depth` on.
  std::uint64_t mean_cache_bytes(std::uint64_t depth) const {
    const model::Config& config = engine_.model().config();
    const std::uint64_t position_bytes =
        2 * config.blocks * config.kv_heads * config.head * (options_.exact ? sizeof(float) : sizeof(bf16));
    return position_bytes * (2 * depth + options_.decode_tokens + 1) / 2;
  }

  template <class Pass>
  Spread timed(std::string_view stage, std::uint64_t tokens, Pass& pass) {
    std::vector<double> rates;
    for (unsigned i = 0; i <= options_.repetitions; ++i) {
      const Stopwatch watch;
      pass();
      if (i > 0) rates.push_back(static_cast<double>(tokens) / watch.seconds());  // the first pass warms up
      ++passes_;
      if (progress_) progress_({.stage = stage, .done = passes_, .total = passes_in_all_, .unit = "passes"});
    }
    return spread_of(std::move(rates));
  }

  engine::Engine& engine_;
  const BenchOptions& options_;
  const Progress& progress_;
  std::uint64_t passes_in_all_, passes_ = 0;
};

// A comma-separated list of `what`, each from `least` to `most`.
std::vector<std::uint64_t> parse_list(std::string_view list, std::string_view what, std::uint64_t least, std::uint64_t most,
                                      std::string_view example) {
  std::vector<std::uint64_t> numbers;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string_view word = list.substr(begin, end - begin);
    std::uint64_t number = 0;
    const auto [rest, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc{} || rest != word.data() + word.size() || number < least || number > most) {
      fail(ErrorCode::invalid_argument, "[bench] '{}' in the {} '{}' is not a number from {} to {}; write for example {}", word, what, list,
           least, most, example);
    }
    numbers.push_back(number);
    begin = end + 1;
  }
  return numbers;
}

}  // namespace

std::vector<std::uint64_t> parse_batches(std::string_view list) { return parse_list(list, "batch sizes", 1, kLargestBatch, "1,2,4"); }
std::vector<std::uint64_t> parse_depths(std::string_view list) { return parse_list(list, "depths", 0, kLargestDepth, "0,4096"); }

void require_depth(const model::Config& config, const BenchOptions& options, std::uint64_t depth) {
  const std::uint64_t most = depth + std::max(options.prefill_tokens, options.decode_tokens);
  if (depth > 0 && config.context > 0 && most > config.context)
    fail(ErrorCode::invalid_argument,
         "[bench] a depth of {} and {} tokens more exceed the model's context of {}; measure at a smaller depth", depth, most - depth,
         config.context);
}

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  return {.median = median, .min = values.front(), .max = values.back()};
}

void require_measurable(const BenchOptions& options) {
  const auto require = [](std::uint64_t value, const char* option) {
    if (value == 0) fail(ErrorCode::invalid_argument, "[bench] {} is 0; it must be at least 1", option);
  };
  require(options.prefill_tokens, "the number of prompt tokens");
  require(options.decode_tokens, "the number of generated tokens");
  require(options.repetitions, "the number of repetitions");
}

Latency measure_latency(const std::filesystem::path& model_path, const BenchOptions& options, const Progress& progress) {
  require_measurable(options);
  const std::vector<std::uint64_t> batches = parse_batches(options.batches), depths = parse_depths(options.depths);

  const ForeignLoad foreign;
  reset_peak_resident_bytes();
  const Stopwatch watch;
  const model::Model model = model::load_model(model_path);
  engine::Engine engine(model, {.threads = options.threads, .isa = std::nullopt, .exact = options.exact});
  Latency latency{.model = model_path.string(),
                  .isa = std::string(kernels::isa_name(engine.isa())),
                  .threads = engine.threads(),
                  .load_seconds = watch.seconds()};
  for (const std::uint64_t depth : depths) require_depth(model.config(), options, depth);
  Bench bench(engine, options, progress, depths.size() * (1 + batches.size()));
  for (const std::uint64_t depth : depths) {
    Contexts contexts(engine, depth, std::max(options.prefill_tokens, options.decode_tokens));
    latency.prefill.push_back(bench.prefill(contexts, depth));
    for (const std::uint64_t batch : batches) latency.decode.push_back(bench.decode(contexts, depth, batch));
  }
  latency.foreign_cpu = foreign.cores();
  latency.peak_resident_bytes = peak_resident_bytes();
  latency.bandwidth_bytes_per_second =
      kernels::measure_read_bandwidth(engine.isa(), engine.threads());  // after the peak: its buffer is large
  for (DecodeSpeed& decode : latency.decode) {
    decode.bandwidth_share =
        static_cast<double>(decode.bytes_per_token) * decode.tokens_per_second.median / latency.bandwidth_bytes_per_second;
  }
  return latency;
}

}  // namespace tightrope::eval
