// Packing weights when a model is loaded, and rounding activations at every step.
#include "engine/packed.h"

#include <algorithm>

#include "base/checked.h"
#include "base/file.h"
#include "base/threads.h"

namespace tightrope::engine {

using kernels::kGroupRows;

PackedWeights pack(const model::Weight& weight, kernels::Isa isa, ThreadPool& threads) {
  PackedWeights packed{kernels::packed_format(isa, weight.format()), {}};
  if (!packed.present()) return packed;
  const std::size_t rows = weight.shape().rows(), length = weight.shape().row_length(), groups = (rows + kGroupRows - 1) / kGroupRows;
  const std::size_t group_bytes = packed.format->group_bytes(length), row_bytes = weight.row_bytes();
  packed.groups = Pages(checked_multiply(groups, group_bytes, "the size of packed weights"));
  threads.parallel_for(groups, 4, [&](std::uint64_t begin, std::uint64_t end) {
    std::vector<std::byte> copied;
    for (std::size_t group = begin; group < end; ++group) {
      const std::size_t first = group * kGroupRows, count = std::min(kGroupRows, rows - first);
      const std::byte* blocks = nullptr;
      if (weight.resident()) {
        blocks = weight.bytes().data() + first * row_bytes;
      } else {
        copied.resize(count * row_bytes);
        weight.read_rows(first, count, copied);
        blocks = copied.data();
      }
      packed.format->pack(blocks, count, length, packed.groups.data() + group * group_bytes);
    }
  });
  release_pages(weight.source());
  return packed;
}

void Activations::assign(const float* x, std::size_t tokens, std::size_t length, std::size_t x_stride,
                         const kernels::Preparation& preparation, ThreadPool& threads) {
  constexpr std::size_t kGrain = 8;  // tokens
  const std::size_t bytes = preparation.bytes(tokens, length);
  if (memory_.size() < bytes) memory_.resize(bytes);
  rows_ = {memory_.data(), tokens, length};
  threads.parallel_for(tokens, kGrain, [&](std::uint64_t begin, std::uint64_t end) {
    for (std::size_t t = begin; t < end; ++t) preparation.prepare(x + t * x_stride, rows_.from(t));
  });
}

}  // namespace tightrope::engine
