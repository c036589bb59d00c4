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
#include "base/random.h"
#include "eval/processor_time.h"
#include "model/checkpoint_io.h"
#include "tensor/half.h"

namespace tightrope::eval {
namespace {

constexpr std::uint64_t kLargestBatch = 4096;

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
  Bench(engine::Engine& engine, const BenchOptions& options, const Progress& progress, std::vector<std::uint64_t> batches)
      : engine_(engine), options_(options), progress_(progress), batches_(std::move(batches)) {}

  PrefillSpeed prefill() {
    const std::uint64_t count = options_.prefill_tokens;
    engine::Sequence sequence = engine_.new_sequence(count);
    const std::vector<text::TokenId> tokens = random_tokens(count);
    const auto pass = [&] {
      sequence.rewind(0);
      const engine::Chunk chunk{.sequence = &sequence, .tokens = tokens};
      engine_.forward(std::span(&chunk, 1));
    };
    return {.tokens = count, .batch = 1, .tokens_per_second = timed("prefill", count, pass)};
  }

  DecodeSpeed decode(std::uint64_t batch) {
    std::vector<engine::Sequence> sequences;
    for (std::uint64_t i = 0; i < batch; ++i) sequences.push_back(engine_.new_sequence(options_.decode_tokens));
    const std::vector<text::TokenId> tokens = random_tokens(batch * options_.decode_tokens);
    const auto pass = [&] {
      for (auto& sequence : sequences) sequence.rewind(0);
      for (std::uint64_t step = 0; step < options_.decode_tokens; ++step) decode_step(sequences, tokens, step);
    };
    DecodeSpeed speed{.batch = batch, .tokens_per_second = timed("decode", batch * options_.decode_tokens, pass)};
    // NOLINTNEXTLINE(clang-analyzer-core.DivideZero): parse_batches lets no 0 through
    speed.bytes_per_token = engine_.bytes_per_token() / batch + mean_cache_bytes();
    return speed;
  }

 private:
  void decode_step(std::vector<engine::Sequence>& sequences, const std::vector<text::TokenId>& tokens, std::uint64_t step) {
    std::vector<engine::Chunk> chunks;
    for (std::size_t i = 0; i < sequences.size(); ++i) {
      chunks.push_back({.sequence = &sequences[i], .tokens = std::span(tokens).subspan(step * sequences.size() + i, 1)});
    }
    engine_.forward(chunks);
  }

  // Keys and values (bf16) one token reads, on average over the positions 1 … decode_tokens.
  std::uint64_t mean_cache_bytes() const {
    const model::Config& config = engine_.model().config();
    const std::uint64_t position_bytes = 2 * config.blocks * config.kv_heads * config.head * sizeof(bf16);
    return position_bytes * (options_.decode_tokens + 1) / 2;
  }

  template <class Pass>
  Spread timed(std::string_view stage, std::uint64_t tokens, const Pass& pass) {
    std::vector<double> rates;
    for (unsigned i = 0; i <= options_.repetitions; ++i) {
      const Stopwatch watch;
      pass();
      if (i > 0) rates.push_back(static_cast<double>(tokens) / watch.seconds());  // the first pass warms up
      ++passes_;
      if (progress_) progress_({.stage = stage, .done = passes_, .total = passes_in_all(), .unit = "passes"});
    }
    return spread_of(std::move(rates));
  }

  std::uint64_t passes_in_all() const { return (1 + batches_.size()) * (std::uint64_t{options_.repetitions} + 1); }

  std::vector<text::TokenId> random_tokens(std::uint64_t count) const {
    Random random(1);
    std::vector<text::TokenId> tokens(count);
    const std::uint64_t vocab = engine_.model().config().vocab;
    for (text::TokenId& token : tokens) token = static_cast<text::TokenId>(random.below(vocab));
    return tokens;
  }

  engine::Engine& engine_;
  const BenchOptions& options_;
  const Progress& progress_;
  std::vector<std::uint64_t> batches_;
  std::uint64_t passes_ = 0;
};

void require_positive(std::uint64_t value, const char* option) {
  if (value == 0) fail(ErrorCode::invalid_argument, "[bench] {} is 0; it must be at least 1", option);
}

}  // namespace

std::vector<std::uint64_t> parse_batches(std::string_view list) {
  std::vector<std::uint64_t> batches;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string_view word = list.substr(begin, end - begin);
    std::uint64_t batch = 0;
    const auto [rest, error] = std::from_chars(word.data(), word.data() + word.size(), batch);
    if (error != std::errc{} || rest != word.data() + word.size() || batch == 0 || batch > kLargestBatch) {
      fail(ErrorCode::invalid_argument, "[bench] '{}' in the batch sizes '{}' is not a number from 1 to {}; write for example 1,2,4", word,
           list, kLargestBatch);
    }
    batches.push_back(batch);
    begin = end + 1;
  }
  return batches;
}

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  return {.median = median, .min = values.front(), .max = values.back()};
}

Latency measure_latency(const std::filesystem::path& model_path, const BenchOptions& options, const Progress& progress) {
  require_positive(options.prefill_tokens, "the number of prompt tokens");
  require_positive(options.decode_tokens, "the number of generated tokens");
  require_positive(options.repetitions, "the number of repetitions");
  const std::vector<std::uint64_t> batches = parse_batches(options.batches);

  const ForeignLoad foreign;
  reset_peak_resident_bytes();
  const Stopwatch watch;
  const model::Model model = model::load_model(model_path);
  engine::Engine engine(model, {.threads = options.threads, .isa = std::nullopt});
  Latency latency{.model = model_path.string(),
                  .isa = std::string(kernels::isa_name(engine.isa())),
                  .threads = engine.threads(),
                  .load_seconds = watch.seconds()};
  Bench bench(engine, options, progress, batches);
  latency.prefill.push_back(bench.prefill());
  for (const std::uint64_t batch : batches) latency.decode.push_back(bench.decode(batch));
  latency.foreign_cpu = foreign.cores();
  latency.peak_resident_bytes = peak_resident_bytes();
  latency.bandwidth_bytes_per_second = measure_read_bandwidth(engine.threads());  // after the peak: its buffer is large
  for (DecodeSpeed& decode : latency.decode) {
    decode.bandwidth_share =
        static_cast<double>(decode.bytes_per_token) * decode.tokens_per_second.median / latency.bandwidth_bytes_per_second;
  }
  return latency;
}

}  // namespace tightrope::eval
