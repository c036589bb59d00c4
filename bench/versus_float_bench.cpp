// No packed format may be slower than F32 at any batch size: PASS or FAIL for each, the median ratio of runs side by side. Exit code 1 on
// FAIL.
#include <fmt/format.h>

#include "eval/latency.h"
#include "eval/layer_timer.h"

namespace {

using namespace tightrope;

constexpr std::size_t kRows = 5632, kLength = 2048;  // a layer of a model of 1.1 billion parameters
constexpr std::size_t kBatches[] = {1, 4, 16, 512};
constexpr int kPairs = 9;

// How many times as fast as F32, both measured in turns so that what disturbs one disturbs the other.
eval::Spread speedup(eval::LayerTimer& plain, eval::LayerTimer& packed) {
  plain.seconds(), packed.seconds();  // warm
  std::vector<double> ratios;
  for (int i = 0; i < kPairs; ++i) {
    const double reference = plain.seconds();
    ratios.push_back(reference / packed.seconds());
  }
  return eval::spread_of(std::move(ratios));
}

}  // namespace

int main() {
  const kernels::Isa isa = kernels::isa_from_environment();
  ThreadPool threads;
  int failures = 0;
  for (const std::size_t tokens : kBatches) {
    eval::LayerTimer plain(isa, nullptr, {kRows, kLength, tokens}, threads);
    for (const formats::Format* format : formats::all()) {
      if (kernels::packed_format(isa, *format) == nullptr) continue;
      eval::LayerTimer packed(isa, format, {kRows, kLength, tokens}, threads);
      const eval::Spread ratio = speedup(plain, packed);
      const bool passed = ratio.median >= 1;
      failures += passed ? 0 : 1;
      fmt::print("{} {} {} tokens: {:.2f} times F32 ({:.2f}–{:.2f})\n", passed ? "PASS" : "FAIL", format->name, tokens, ratio.median,
                 ratio.min, ratio.max);
    }
  }
  return failures == 0 ? 0 : 1;
}
