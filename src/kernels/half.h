// Products of packed 16-bit weights and activations rounded to 8 significant bits: pairs of bf16, summed in float32.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/packed.h"

namespace tightrope::kernels {

// The definition, for weights w and activations x, both rounded to bf16, and elements in pairs (a row of odd length ends with a zero):
//   y = fma(w[2i], x[2i], fma(w[2i + 1], x[2i + 1], y)) for one pair after the other, from 0 on; then the bias is added.
// It is what AVX-512 BF16 computes, but for numbers too small for float32's normal range, which those instructions take for zero. Weights
// and activations below kHalfNothing are made zeros: products are multiples of 2^-126 then, and so is every sum. None can be subnormal.
inline constexpr float kHalfNothing = 0x1p-56f;

// Activations as bf16. Rows are an odd number of cache lines apart, 13 more than a multiple of 16, so that the same elements of 12 tokens
// do not meet in the same sets of a first-level cache.
struct HalfRows {
  std::uint16_t* values;  // [tokens, padded], rows `stride` apart; zeros behind `length`
  std::size_t stride;

  static constexpr std::size_t stride_of(std::size_t length) {
    constexpr std::size_t kLine = 32, kLines = 16, kOdd = 13;  // elements; lines
    return ((length + kLine * kLines - 1) / (kLine * kLines) * kLines + kOdd) * kLine;
  }
  static HalfRows in(const PreparedRows& rows) {
    const std::size_t stride = stride_of(rows.length);
    return {reinterpret_cast<std::uint16_t*>(rows.memory) + rows.first * stride, stride};
  }
};

}  // namespace tightrope::kernels
