// How fast packed weights are multiplied, for every format and instruction set, with one token and with many; one thread.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <vector>

#include "base/random.h"
#include "kernels/aligned.h"
#include "kernels/packed.h"

namespace {

using namespace tightrope;
using AlignedBytes = std::vector<std::byte, kernels::AlignedAllocator<std::byte>>;

// Processor time, so that a busy machine changes little.
class Stopwatch {
 public:
  double seconds() const { return static_cast<double>(std::clock() - start_) / CLOCKS_PER_SEC; }

 private:
  std::clock_t start_ = std::clock();
};

struct Activations {
  Activations(const kernels::Preparation& preparation, std::size_t tokens, std::size_t length)
      : memory(preparation.bytes(tokens, length)), rows{memory.data(), tokens, length} {
    Random random(1);
    std::vector<float> x(length);
    for (std::size_t t = 0; t < tokens; ++t) {
      for (float& value : x) value = static_cast<float>(random.uniform() - 0.5);
      preparation.prepare(x.data(), rows.from(t));
    }
  }
  AlignedBytes memory;
  kernels::PreparedRows rows;
};

// state.range: rows, tokens, length. Zero blocks do as well as any: no instruction is faster for them.
void multiply(benchmark::State& state, const kernels::PackedFormat& format) {
  const auto rows = static_cast<std::size_t>(state.range(0)), tokens = static_cast<std::size_t>(state.range(1)),
             length = static_cast<std::size_t>(state.range(2));
  const std::vector<std::byte> blocks(16 * formats::bytes_of(*format.format, length));
  AlignedBytes groups(rows / 16 * format.group_bytes(length));
  for (std::size_t group = 0; group < rows / 16; ++group)
    format.pack(blocks.data(), 16, length, groups.data() + group * format.group_bytes(length));
  const Activations x(*format.preparation, tokens, length);
  std::vector<float> y(rows * tokens);
  const kernels::PackedMatmulArguments arguments = {groups.data(), x.rows, y.data(), 0, rows, tokens, rows, nullptr};
  Stopwatch watch;
  for (auto _ : state) format.matmul(arguments);
  const double runs = static_cast<double>(state.iterations()) / watch.seconds();
  state.counters["Gop/s"] = 2.0 * static_cast<double>(rows * tokens * length) * runs / 1e9;
  state.counters["GB/s"] = static_cast<double>(groups.size()) * runs / 1e9;
}

}  // namespace

int main(int count, char** arguments) {
  benchmark::Initialize(&count, arguments);
  for (const kernels::Isa isa : kernels::available_isas())
    for (const formats::Format* format : formats::all()) {
      const kernels::PackedFormat* packed = kernels::packed_format(isa, *format);
      if (packed == nullptr) continue;
      const std::string name = std::string(kernels::isa_name(isa)) + "/" + std::string(format->name);
      const auto run = [packed](benchmark::State& state) { multiply(state, *packed); };
      benchmark::RegisterBenchmark(("packed/" + name).c_str(), run)
          ->Args({2048, 512, 2048})
          ->Args({2048, 16, 2048})
          ->Args({2048, 8, 2048})
          ->Args({131072, 8, 2048})
          ->Args({131072, 4, 2048})
          ->Args({131072, 1, 2048});
    }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
