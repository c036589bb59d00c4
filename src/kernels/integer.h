// Products of packed weights and 8-bit activations: integer arithmetic inside a block, float32 between blocks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "formats/format.h"
#include "kernels/isa.h"

namespace tightrope::kernels {

// Rows that are packed together. In a group, the codes of 4 neighbouring elements of one row lie together, then those of the next row, so
// that a vector of 16 lanes multiplies 16 rows with the same 4 activations and no sum crosses lanes. The scales lie behind the codes.
inline constexpr std::size_t kGroupRows = 16;
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
};

// y[t, r] = dot(weights[r], x[t]) + bias[r] for `rows` rows from `first_row`. A result depends on its row and its token alone, never on
// what else is computed with it, and every instruction set gives the same bits: each block's integer sum is exact, and
//   y = fma(float(sum), weight scale * activation scale, y), then fma(weight minimum, moment, y) where there are minimums,
// for one block of scales after the other, from the bias (or 0) on.
struct IntegerMatmulArguments {
  const std::byte* groups;  // the whole matrix, packed
  QuantisedRows x;          // of the first token
  float* y;                 // [tokens, rows], rows y_stride apart
  std::size_t first_row, rows, tokens, y_stride;
  const float* bias;   // of first_row, or null
  std::byte* scratch;  // scratch_bytes(); cache-line aligned
};

// How weights of a format are packed and multiplied on an instruction set. A row with static storage.
struct IntegerFormat {
  const formats::Format* format;
  std::size_t (*group_bytes)(std::size_t length) noexcept;
  // Packs `rows` (1 to 16) rows of `length` elements; what lacks to 16 becomes zero. `group` is cache-line aligned.
  void (*pack)(const std::byte* blocks, std::size_t rows, std::size_t length, std::byte* group) noexcept;
  void (*matmul)(const IntegerMatmulArguments& arguments) noexcept;
};

inline constexpr std::size_t kIntegerScratchBytes = std::size_t{64} << 10;

// Null when the format has no packed form: then its weights are decoded.
const IntegerFormat* integer_format(Isa isa, const formats::Format& format) noexcept;

using QuantiseRowFunction = void (*)(const float* x, const QuantisedRows& to) noexcept;  // one row
QuantiseRowFunction quantise_row(Isa isa) noexcept;

}  // namespace tightrope::kernels
