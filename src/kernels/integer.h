// Products of packed weights and 8-bit activations: integer arithmetic inside a block, float32 between blocks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/packed.h"

namespace tightrope::kernels {

// Elements that share an activation scale; row lengths are multiples of it.
inline constexpr std::size_t kActivationBlock = 32;

// Activations rounded to 8 bits: x ≈ scale * code, one scale for each block of 32. Of whole and of half blocks there are the sums of codes,
// negated, for the formats whose codes have an offset, and the moments, scale * sum of codes, for those that have minimums.
struct QuantisedRows {
  std::int8_t* codes;              // [tokens, length], -127 to 127
  float* scales;                   // [tokens, blocks]
  std::int32_t *sums, *half_sums;  // [tokens, blocks], [tokens, 2 * blocks]
  float *moments, *half_moments;   // the same
  std::size_t length;

  std::size_t blocks() const { return length / kActivationBlock; }
  QuantisedRows from(std::size_t token) const {
    const std::size_t n = token * blocks();
    return {codes + token * length, scales + n, sums + n, half_sums + 2 * n, moments + n, half_moments + 2 * n, length};
  }

  // Where prepared rows lie in their memory: the arrays one after the other.
  static QuantisedRows in(const PreparedRows& rows) {
    const std::size_t n = rows.tokens * rows.length / kActivationBlock;
    auto* codes = reinterpret_cast<std::int8_t*>(rows.memory);
    auto* scales = reinterpret_cast<float*>(rows.memory + rows.tokens * rows.length);
    auto* sums = reinterpret_cast<std::int32_t*>(scales + 4 * n);
    return QuantisedRows{codes, scales, sums, sums + n, scales + n, scales + 2 * n, rows.length}.from(rows.first);
  }
  static constexpr std::size_t bytes(std::size_t tokens, std::size_t length) {
    return tokens * length + tokens * length / kActivationBlock * 7 * sizeof(float);
  }
};

// The definition: each block's integer sum is exact, and
//   y = fma(float(sum), weight scale * activation scale, y), then fma(weight minimum, moment, y) where there are minimums,
// for one block of scales after the other, from the bias (or 0) on.
}  // namespace tightrope::kernels
