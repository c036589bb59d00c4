// Products of packed float32 weights, and of weights rounded to 8 bits with one scale for each row: both are read a 32-bit word at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/packed.h"

namespace tightrope::kernels {

// Floats: y = the sum over stretches of kFloatStretch elements, in their order, of
//   fma(w[i], x[i], sum) for one element of the stretch after the other, from 0 on; then the bias is added.
// Short sums keep more digits than one long one.
inline constexpr std::size_t kFloatStretch = 256;

// Activations as they are. Where the rows' own distance would have the same elements of many tokens meet in the same sets of a first-level
// cache, they are copied an odd number of lines apart.
struct FloatRows {
  const float* values;
  std::size_t stride;

  static constexpr bool in_place(std::size_t length) noexcept { return length % 512 != 0; }
  static constexpr std::size_t stride_of(std::size_t length) { return in_place(length) ? length : length + 16 * 19; }
  static FloatRows in(const PreparedRows& rows) {
    const std::size_t stride = stride_of(rows.length);
    return {reinterpret_cast<const float*>(rows.memory) + rows.first * stride, stride};
  }
};

// Bytes: weights are scale * code for codes of -127 to 127, one scale a row; activations are scale * (code - zero) for codes of 0 to 255,
// one scale and one zero a token. With the exact sum n of weight code * (activation code - zero),
//   y = fma(float(n), weight scale * activation scale, bias or 0).
// No more elements than these, so that n fits into 32 bits.
inline constexpr std::size_t kMostByteLength = std::size_t{1} << 16;

struct ByteRows {
  struct Token {
    float scale;
    std::int32_t zero;
  };
  std::uint8_t* codes;  // [tokens, padded], rows `stride` apart; zeros behind `length`
  Token* tokens;        // [tokens]
  std::size_t stride;

  // An odd number of cache lines.
  static constexpr std::size_t stride_of(std::size_t length) { return ((length + 63) / 64 | 1) * 64; }
  static ByteRows in(const PreparedRows& rows) {
    const std::size_t stride = stride_of(rows.length);
    auto* codes = reinterpret_cast<std::uint8_t*>(rows.memory);
    auto* tokens = reinterpret_cast<Token*>(rows.memory + rows.tokens * stride);
    return {codes + rows.first * stride, tokens + rows.first, stride};
  }
  static constexpr std::size_t bytes(std::size_t tokens, std::size_t length) { return tokens * (stride_of(length) + sizeof(Token)); }
};

// How rows of bytes are packed and multiplied. They are packed from float32.
const PackedFormat* byte_rows(Isa isa) noexcept;

}  // namespace tightrope::kernels
