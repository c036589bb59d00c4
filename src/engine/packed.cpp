// Packing weights when a model is loaded, and rounding activations at every step.
#include "engine/packed.h"

#include <algorithm>

#include "base/checked.h"
#include "base/file.h"
#include "base/threads.h"

namespace tightrope::engine {

using kernels::kGroupRows;

namespace {

// Rows of a weight as a packed format wants them: as they lie in memory, read from the file, or decoded.
struct RowsOf {
  const model::Weight& weight;
  const kernels::PackedFormat& format;
  const formats::Codec& codec;
  std::vector<std::byte> copied = {};
  std::vector<float> decoded = {};

  const std::byte* rows(std::size_t first, std::size_t count) {
    if (format.format != &weight.format()) {
      decoded.resize(count * weight.shape().row_length());
      weight.read_rows_f32(first, count, decoded, codec);
      return reinterpret_cast<const std::byte*>(decoded.data());
    }
    if (weight.resident()) return weight.bytes().data() + first * weight.row_bytes();
    copied.resize(count * weight.row_bytes());
    weight.read_rows(first, count, copied);
    return copied.data();
  }
};

}  // namespace

PackedWeights pack(const model::Weight& weight, const kernels::PackedFormat* format, const formats::Codec& codec, ThreadPool& threads) {
  PackedWeights packed{format, {}};
  if (!packed.present()) return packed;
  const std::size_t rows = weight.shape().rows(), length = weight.shape().row_length(), groups = (rows + kGroupRows - 1) / kGroupRows;
  const std::size_t group_bytes = format->group_bytes(length);
  packed.groups = Pages(checked_multiply(groups, group_bytes, "the size of packed weights"));
  threads.parallel_for(groups, 4, [&](std::uint64_t begin, std::uint64_t end) {
    RowsOf source{weight, *format, codec};
    for (std::size_t group = begin; group < end; ++group) {
      const std::size_t first = group * kGroupRows, count = std::min(kGroupRows, rows - first);
      format->pack(source.rows(first, count), count, length, packed.groups.data() + group * group_bytes);
    }
  });
  release_pages(weight.source());
  return packed;
}

void Activations::assign(const float* x, std::size_t tokens, std::size_t length, std::size_t x_stride,
                         const kernels::Preparation& preparation, ThreadPool& threads) {
  constexpr std::size_t kGrain = 8;  // tokens
  if (preparation.as_they_are != nullptr && preparation.as_they_are(length) && x_stride == length) {
    rows_ = {reinterpret_cast<std::byte*>(const_cast<float*>(x)), tokens, length};  // NOLINT: products only read prepared rows
    return;
  }
  const std::size_t bytes = preparation.bytes(tokens, length);
  if (memory_.size() < bytes) memory_.resize(bytes);
  rows_ = {memory_.data(), tokens, length};
  threads.parallel_for(tokens, kGrain, [&](std::uint64_t begin, std::uint64_t end) {
    for (std::size_t t = begin; t < end; ++t) preparation.prepare(x + t * x_stride, rows_.from(t));
  });
}

}  // namespace tightrope::engine
