// How much of the machine's arithmetic and bandwidth the kernels use, for every instruction set it has; one thread.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <ctime>
#include <string>

#include "base/random.h"
#include "kernels/aligned.h"
#include "kernels/ops.h"

namespace {

using namespace tightrope;

// Processor time, so that a busy machine changes little.
class Stopwatch {
 public:
  double seconds() const { return static_cast<double>(std::clock() - start_) / CLOCKS_PER_SEC; }

 private:
  std::clock_t start_ = std::clock();
};

kernels::AlignedFloats random_values(std::size_t count) {
  Random random(1);
  kernels::AlignedFloats values(count);
  for (float& value : values) value = static_cast<float>(random.uniform() - 0.5);
  return values;
}

kernels::MatmulArguments arguments_of(const kernels::AlignedFloats& weights, const kernels::AlignedFloats& x, kernels::AlignedFloats& y,
                                      std::size_t rows, std::size_t tokens, std::size_t length) {
  return {weights.data(), x.data(), y.data(), rows, tokens, length, length, rows};
}

// Multiply-adds a second of a tile that never leaves the first-level cache: the ceiling that the other figures are a share of. It is
// reached by the same source, so compare it with clock × units × lanes × 2 where those are known.
double measured_peak(const kernels::KernelTable& table) {
  constexpr std::size_t kRows = 4, kTokens = 6, kLength = 512;
  auto weights = random_values(kRows * kLength), x = random_values(kTokens * kLength), y = random_values(kRows * kTokens);
  const auto arguments = arguments_of(weights, x, y, kRows, kTokens, kLength);
  double best = 0;
  for (int round = 0; round < 20; ++round) {
    const Stopwatch watch;
    for (int i = 0; i < 2000; ++i) table.matmul(arguments);
    best = std::max(best, 2000.0 * 2.0 * kRows * kTokens * kLength / watch.seconds());
  }
  return best;
}

// Bytes a second of the fastest plain read of 256 MB.
double measured_bandwidth() {
  static const double kBandwidth = [] {
    const auto data = random_values(64 << 20);
    double best = 0;
    for (int round = 0; round < 5; ++round) {
      const Stopwatch watch;
      float sums[64] = {};
      for (std::size_t i = 0; i < data.size(); i += 64)
        for (std::size_t lane = 0; lane < 64; ++lane) sums[lane] += data[i + lane];
      benchmark::DoNotOptimize(sums);
      best = std::max(best, static_cast<double>(data.size() * sizeof(float)) / watch.seconds());
    }
    return best;
  }();
  return kBandwidth;
}

// state.range: rows, tokens, length.
void prefill(benchmark::State& state, const kernels::KernelTable& table) {
  const auto rows = static_cast<std::size_t>(state.range(0)), tokens = static_cast<std::size_t>(state.range(1)),
             length = static_cast<std::size_t>(state.range(2));
  auto weights = random_values(rows * length), x = random_values(tokens * length), y = random_values(rows * tokens);
  const auto arguments = arguments_of(weights, x, y, rows, tokens, length);
  Stopwatch watch;
  for (auto _ : state) table.matmul(arguments);
  const double rate = 2.0 * static_cast<double>(rows * tokens * length) * static_cast<double>(state.iterations()) / watch.seconds();
  state.counters["GFLOP/s"] = rate / 1e9;
  state.counters["share"] = rate / measured_peak(table);
}

// One token against 256 MB of rows: nothing is in a cache.
void decode(benchmark::State& state, const kernels::KernelTable& table) {
  const auto length = static_cast<std::size_t>(state.range(0));
  const std::size_t rows = (std::size_t{64} << 20) / length;
  auto weights = random_values(rows * length), x = random_values(length), y = random_values(rows);
  const auto arguments = arguments_of(weights, x, y, rows, 1, length);
  Stopwatch watch;
  for (auto _ : state) table.matmul(arguments);
  const double rate = static_cast<double>(rows * length * sizeof(float)) * static_cast<double>(state.iterations()) / watch.seconds();
  state.counters["GB/s"] = rate / 1e9;
  state.counters["share"] = rate / measured_bandwidth();
}

// 32 query tokens of 8 heads that share a key head, after state.range(0) others.
void attention(benchmark::State& state, const kernels::KernelTable& table, kernels::Cell cell) {
  constexpr std::size_t kTokens = 32, kGroup = 8, kHead = 64;
  const kernels::CellLayout layout = kernels::cell_layout(cell);
  const auto before = static_cast<std::size_t>(state.range(0)), positions = before + kTokens;
  auto queries = random_values(kTokens * kGroup * kHead), output = queries;
  const std::size_t cells = kernels::key_tiles(positions) * kernels::kKeyTile * kHead;
  const kernels::AlignedBytes keys(cells * layout.bytes), values(cells * layout.bytes);  // speed does not depend on what they are
  kernels::AlignedFloats scratch(kernels::attention_scratch(kTokens * kGroup, kHead));
  const kernels::AttentionArguments arguments = {.queries = queries.data(),
                                                 .keys = keys.data(),
                                                 .values = values.data(),
                                                 .output = output.data(),
                                                 .scratch = scratch.data(),
                                                 .tokens = kTokens,
                                                 .group = kGroup,
                                                 .head = kHead,
                                                 .query_stride = kGroup * kHead,
                                                 .key_stride = kHead * kernels::kAttentionBlock,
                                                 .value_stride = kHead * kernels::kAttentionBlock,
                                                 .output_stride = kGroup * kHead,
                                                 .first_position = before,
                                                 .positions = positions,
                                                 .behind = kernels::AttentionArguments::kEverything,
                                                 .ahead = 0,
                                                 .scale = 0.125f};
  Stopwatch watch;
  for (auto _ : state) table.attention[static_cast<std::size_t>(cell)](arguments);
  const double work = 4.0 * kTokens * kGroup * kHead * (static_cast<double>(before) + kTokens / 2.0);
  const double rate = work * static_cast<double>(state.iterations()) / watch.seconds();
  state.counters["GFLOP/s"] = rate / 1e9;
  state.counters["share"] = rate / measured_peak(table);
}

[[maybe_unused]] const bool kRegistered = [] {
  for (const kernels::Isa isa : kernels::available_isas()) {
    const kernels::KernelTable& table = kernels::kernel_table(isa);
    const std::string name(kernels::isa_name(isa));
    benchmark::RegisterBenchmark(("prefill/" + name).c_str(), prefill, table)
        ->Args({64, 256, 384})
        ->Args({16, 256, 1536})
        ->Args({32, 256, 1536})
        ->Args({64, 256, 1536})
        ->Args({64, 512, 256})
        ->Args({64, 512, 768})
        ->Args({32, 256, 2048})
        ->Args({8, 256, 5632});
    benchmark::RegisterBenchmark(("decode/" + name).c_str(), decode, table)->Arg(256)->Arg(2048);
    benchmark::RegisterBenchmark(("attention/f32/" + name).c_str(), attention, table, kernels::Cell::f32)->Arg(0)->Arg(480)->Arg(8000);
    benchmark::RegisterBenchmark(("attention/bf16/" + name).c_str(), attention, table, kernels::Cell::bf16)->Arg(0)->Arg(480)->Arg(8000);
  }
  return true;
}();

}  // namespace
