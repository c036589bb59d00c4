// What the K formats share: weights of the searches, requantisation against the rounded scales, and the packing of scales and codes.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <span>

#include "formats/blocks.h"
#include "formats/scale_search.h"

namespace tightrope::formats {

using SuperBlock = std::span<const float, kSuperBlock>;

inline float sum_of_squares(std::span<const float> x) {
  float sum = 0;
  for (const float value : x) sum += value * value;
  return sum;
}

// importance * sqrt(spread + x²) for the elements of one sub-block; `weights` receives them, their sum is returned.
inline float importance_weights(std::span<const float> x, const float* importance, float spread, float* weights) {
  float sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    weights[i] = importance[i] * std::sqrt(spread + x[i] * x[i]);
    sum += weights[i];
  }
  return sum;
}

// Codes of one sub-block once its scale and offset are what the block will hold: x ≈ scale * code - offset. A zero scale leaves `codes`.
inline void requantise(std::span<const float> x, float scale, float offset, int low, int high, std::uint8_t* codes) {
  if (scale == 0) return;
  for (std::size_t i = 0; i < x.size(); ++i) codes[i] = static_cast<std::uint8_t>(nearest_code((x[i] + offset) / scale, low, high) - low);
}

// Scale and minimum codes of a super-block's sub-blocks, and the two halves they are multiples of.
template <std::size_t kSubBlocks>
struct AffineScales {
  f16 scale{}, minimum{};
  std::uint8_t scales[kSubBlocks]{}, minimums[kSubBlocks]{};
};

// The largest scale (and minimum) becomes the highest code, the others are rounded to multiples.
template <std::size_t kSubBlocks>
AffineScales<kSubBlocks> round_scales(const std::array<AffineFit, kSubBlocks>& fits, int levels) {
  float largest_scale = 0, largest_offset = 0;
  for (const AffineFit& fit : fits) {
    largest_scale = std::max(largest_scale, fit.scale);
    largest_offset = std::max(largest_offset, fit.offset);
  }
  const float top = static_cast<float>(levels);
  const float inverse_scale = largest_scale > 0 ? top / largest_scale : 0.0f;
  const float inverse_offset = largest_offset > 0 ? top / largest_offset : 0.0f;
  AffineScales<kSubBlocks> result{finite_f16(largest_scale / top), finite_f16(largest_offset / top), {}, {}};
  for (std::size_t j = 0; j < kSubBlocks; ++j) {
    result.scales[j] = static_cast<std::uint8_t>(nearest_code(inverse_scale * fits[j].scale, 0, levels));
    result.minimums[j] = static_cast<std::uint8_t>(nearest_code(inverse_offset * fits[j].offset, 0, levels));
  }
  return result;
}

// The same by a search that weighs each sub-block with the sum of its weights.
template <std::size_t kSubBlocks>
AffineScales<kSubBlocks> fit_scales(const std::array<AffineFit, kSubBlocks>& fits, const float* sums, int levels) {
  float scales[kSubBlocks], offsets[kSubBlocks];
  for (std::size_t j = 0; j < kSubBlocks; ++j) {
    scales[j] = fits[j].scale;
    offsets[j] = fits[j].offset;
  }
  AffineScales<kSubBlocks> result;
  result.scale = finite_f16(fit_unsigned(scales, sums, result.scales, levels));
  result.minimum = finite_f16(fit_unsigned(offsets, sums, result.minimums, levels));
  return result;
}

// Weights of one sub-block for plain encoding: small values may be off by more than large ones.
using PlainWeights = void (*)(std::span<const float> part, float* weights);

// Scales and minimums of a super-block, and `codes` for them before they are rounded: every sub-block is fitted with the format's plain
// weights, and the scales are rounded.
template <std::size_t kSubBlocks>
AffineScales<kSubBlocks> plain_scales(SuperBlock x, PlainWeights plain_weights, const AffineGrid& grid, int scale_levels,
                                      std::uint8_t* codes) {
  constexpr std::size_t kSubBlock = kSuperBlock / kSubBlocks;
  std::array<AffineFit, kSubBlocks> fits;
  for (std::size_t j = 0; j < kSubBlocks; ++j) {
    const auto part = x.subspan(kSubBlock * j, kSubBlock);
    float weights[kSubBlock]{};
    plain_weights(part, weights);
    fits[j] = fit_affine(part, weights, codes + kSubBlock * j, grid);
  }
  return round_scales(fits, scale_levels);
}

// The same where each weight has an importance; `spread` is added to its square.
template <std::size_t kSubBlocks>
AffineScales<kSubBlocks> weighted_scales(SuperBlock x, const float* importance, float spread, int levels, int scale_levels,
                                         std::uint8_t* codes) {
  constexpr std::size_t kSubBlock = kSuperBlock / kSubBlocks;
  std::array<AffineFit, kSubBlocks> fits;
  float sums[kSubBlocks];
  for (std::size_t j = 0; j < kSubBlocks; ++j) {
    const auto part = x.subspan(kSubBlock * j, kSubBlock);
    float weights[kSubBlock]{};
    sums[j] = importance_weights(part, importance + kSubBlock * j, spread, weights);
    fits[j] = fit_affine(part, weights, codes + kSubBlock * j, weighted_grid(levels));
  }
  return fit_scales(fits, sums, scale_levels);
}

// Final codes of a whole super-block against its rounded scales.
template <std::size_t kSubBlocks>
void requantise(SuperBlock x, const AffineScales<kSubBlocks>& scales, int levels, std::uint8_t* codes) {
  constexpr std::size_t kSubBlock = kSuperBlock / kSubBlocks;
  const float scale = to_f32(scales.scale), minimum = to_f32(scales.minimum);
  for (std::size_t j = 0; j < kSubBlocks; ++j)
    requantise(x.subspan(kSubBlock * j, kSubBlock), scale * scales.scales[j], minimum * scales.minimums[j], 0, levels,
               codes + kSubBlock * j);
}

// Eight 6-bit scales and eight 6-bit minimums in 12 bytes: the first four of each in bytes of their own (0-3 and 4-7), of the others
// the low nibbles in bytes 8-11 and the top two bits above the first four.
inline void pack_scales6(const std::uint8_t* scales, const std::uint8_t* minimums, std::uint8_t* packed) {
  for (std::size_t j = 0; j < 4; ++j) {
    packed[j] = static_cast<std::uint8_t>(scales[j] | scales[j + 4] >> 4 << 6);
    packed[j + 4] = static_cast<std::uint8_t>(minimums[j] | minimums[j + 4] >> 4 << 6);
    packed[j + 8] = static_cast<std::uint8_t>((scales[j + 4] & 15) | (minimums[j + 4] & 15) << 4);
  }
}

struct ScaleMinimum {
  int scale, minimum;
};
inline ScaleMinimum unpack_scale6(const std::uint8_t* packed, std::size_t j) {
  if (j < 4) return {packed[j] & 63, packed[j + 4] & 63};
  return {(packed[j + 4] & 15) | packed[j - 4] >> 6 << 4, packed[j + 4] >> 4 | packed[j] >> 6 << 4};
}

// Sixteen 6-bit scales in 12 bytes: low nibbles of 0-7 and 8-15 in the nibbles of the first eight bytes, the upper bit pair of scale j in
// byte 8 + j % 4 at bit 2 (j / 4).
inline void pack_scales6(const std::uint8_t* scales, std::uint8_t* packed) {
  for (std::size_t j = 0; j < 8; ++j) packed[j] = static_cast<std::uint8_t>((scales[j] & 15) | (scales[j + 8] & 15) << 4);
  for (std::size_t j = 0; j < 4; ++j)
    packed[j + 8] =
        static_cast<std::uint8_t>(scales[j] >> 4 | scales[j + 4] >> 4 << 2 | scales[j + 8] >> 4 << 4 | scales[j + 12] >> 4 << 6);
}

inline int unpack_scale6_of_16(const std::uint8_t* packed, std::size_t j) {
  const int low = j < 8 ? packed[j] & 15 : packed[j - 8] >> 4;
  return low | (packed[8 + j % 4] >> 2 * (j / 4) & 3) << 4;
}

// 256 codes 0…3: bit pair k of byte 32 h + l is element 128 h + 32 k + l.
inline void pack_pairs(const std::uint8_t* codes, std::uint8_t* pairs) {
  for (std::size_t h = 0; h < 2; ++h, codes += 128, pairs += 32)
    for (std::size_t l = 0; l < 32; ++l)
      pairs[l] = static_cast<std::uint8_t>((codes[l] & 3) | (codes[l + 32] & 3) << 2 | (codes[l + 64] & 3) << 4 | (codes[l + 96] & 3) << 6);
}
inline int unpack_pair(const std::uint8_t* pairs, std::size_t element) {
  return pairs[element / 128 * 32 + element % 32] >> 2 * (element / 32 % 4) & 3;
}

// Low nibbles of 256 codes: byte 32 k + l holds element 64 k + l and, in its high nibble, the element 32 further on.
inline void pack_nibbles_of_256(const std::uint8_t* codes, std::uint8_t* nibbles) {
  for (std::size_t k = 0; k < 4; ++k, codes += 64, nibbles += 32)
    for (std::size_t l = 0; l < 32; ++l) nibbles[l] = static_cast<std::uint8_t>((codes[l] & 15) | (codes[l + 32] & 15) << 4);
}
inline int unpack_nibble_of_256(const std::uint8_t* nibbles, std::size_t element) {
  const std::uint8_t byte = nibbles[element / 64 * 32 + element % 32];
  return element % 64 < 32 ? byte & 15 : byte >> 4;
}

// Bit `bit` of 256 codes: bit k of byte l is element 32 k + l.
inline void pack_bit_of_256(const std::uint8_t* codes, int bit, std::uint8_t* high) {
  std::fill_n(high, 32, std::uint8_t{0});
  for (std::size_t k = 0; k < 8; ++k)
    for (std::size_t l = 0; l < 32; ++l) high[l] = static_cast<std::uint8_t>(high[l] | (codes[32 * k + l] >> bit & 1) << k);
}
inline int unpack_bit_of_256(const std::uint8_t* high, std::size_t element) { return high[element % 32] >> (element / 32) & 1; }

// 256 codes 0…63. In each half of 128: nibbles of byte l (0-63) are codes l and l + 64, bit pair k of high byte l (0-31) is the top of
// code 32 k + l.
inline void pack_sextets(const std::uint8_t* codes, std::uint8_t* nibbles, std::uint8_t* high) {
  for (std::size_t h = 0; h < 2; ++h, codes += 128, nibbles += 64, high += 32) {
    for (std::size_t l = 0; l < 64; ++l) nibbles[l] = static_cast<std::uint8_t>((codes[l] & 15) | (codes[l + 64] & 15) << 4);
    for (std::size_t l = 0; l < 32; ++l)
      high[l] = static_cast<std::uint8_t>(codes[l] >> 4 | codes[l + 32] >> 4 << 2 | codes[l + 64] >> 4 << 4 | codes[l + 96] >> 4 << 6);
  }
}
inline int unpack_sextet(const std::uint8_t* nibbles, const std::uint8_t* high, std::size_t element) {
  const std::size_t half = element / 128, l = element % 128;
  const std::uint8_t byte = nibbles[64 * half + l % 64];
  return (l < 64 ? byte & 15 : byte >> 4) | (high[32 * half + l % 32] >> 2 * (l / 32) & 3) << 4;
}

}  // namespace tightrope::formats
