// Packs rows and multiplies packed ones as the engine does, watching that nothing is written beside the result.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"
#include "kernels/aligned.h"
#include "kernels/packed.h"

namespace tightrope::kernels {

using AlignedBytes = std::vector<std::byte, AlignedAllocator<std::byte>>;

inline std::vector<float> random_values(Random& random, std::size_t count) {
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

// All groups of a matrix whose rows, `length` elements each, lie one after another.
inline AlignedBytes pack_rows(const PackedFormat& format, const std::byte* blocks, std::size_t rows, std::size_t length) {
  const std::size_t groups = (rows + kGroupRows - 1) / kGroupRows, bytes = format.group_bytes(length);
  const std::size_t row_bytes = formats::bytes_of(*format.format, length);
  AlignedBytes packed(groups * bytes);
  for (std::size_t g = 0; g < groups; ++g)
    format.pack(blocks + g * kGroupRows * row_bytes, std::min(kGroupRows, rows - g * kGroupRows), length, packed.data() + g * bytes);
  return packed;
}

// `tokens` rows of `length` activations, prepared.
struct PreparedTokens {
  PreparedTokens(const PackedFormat& format, const std::vector<float>& x, std::size_t tokens, std::size_t length)
      : memory(format.preparation->bytes(tokens, length)), rows{memory.data(), tokens, length} {
    for (std::size_t t = 0; t < tokens; ++t) format.preparation->prepare(x.data() + t * length, rows.from(t));
  }
  AlignedBytes memory;
  PreparedRows rows;
};

// [tokens, rows], of rows from `first` on; `bias` is the first row's, or null.
inline std::vector<float> packed_product(const PackedFormat& format, const AlignedBytes& groups, const PreparedRows& x, std::size_t first,
                                         std::size_t rows, std::size_t tokens, const float* bias) {
  std::vector<float> y(tokens * (rows + 1), std::numeric_limits<float>::quiet_NaN()), result;
  format.matmul({.groups = groups.data(),
                 .x = x,
                 .y = y.data(),
                 .first_row = first,
                 .rows = rows,
                 .tokens = tokens,
                 .y_stride = rows + 1,
                 .bias = bias});
  for (std::size_t t = 0; t < tokens; ++t) {
    const float* row = y.data() + t * (rows + 1);
    result.insert(result.end(), row, row + rows);
    EXPECT_TRUE(std::isnan(row[rows])) << "wrote beyond a row";
  }
  return result;
}

}  // namespace tightrope::kernels
