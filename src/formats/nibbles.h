// What the formats of 32 elements share: plain rounding, packing of 4- and 5-bit codes, and the choice between plain and weighted encoding.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <span>

#include "formats/blocks.h"
#include "formats/scale_search.h"

namespace tightrope::formats {

// Codes 0…15: byte i holds code i in its low, code i + 16 in its high nibble.
inline void pack_nibbles(const std::uint8_t* codes, std::uint8_t* nibbles) {
  for (std::size_t i = 0; i < 16; ++i) nibbles[i] = static_cast<std::uint8_t>((codes[i] & 15) | (codes[i + 16] & 15) << 4);
}

// Bit 4 of 32 codes, code i in bit i of a little-endian word.
inline void pack_fifth_bits(const std::uint8_t* codes, std::uint8_t* high) {
  for (std::size_t byte = 0; byte < 4; ++byte) {
    unsigned bits = 0;
    for (std::size_t bit = 0; bit < 8; ++bit) bits |= static_cast<unsigned>(codes[8 * byte + bit] >> 4 & 1) << bit;
    high[byte] = static_cast<std::uint8_t>(bits);
  }
}

inline int nibble_code(const std::uint8_t* nibbles, std::size_t i) { return i < 16 ? nibbles[i] & 15 : nibbles[i - 16] >> 4; }
inline int fifth_bit(const std::uint8_t* high, std::size_t i) { return (high[i / 8] >> (i % 8) & 1) << 4; }

// importance * sqrt(mean x² + x²): large weights matter more than their importance alone says, small ones still matter.
inline std::array<float, kBlock> importance_weights(std::span<const float, kBlock> x, const float* importance) {
  float sum = 0;
  for (const float value : x) sum += value * value;
  const float mean = sum / static_cast<float>(kBlock);
  std::array<float, kBlock> weights{};
  for (std::size_t i = 0; i < kBlock; ++i) weights[i] = importance[i] * std::sqrt(mean + x[i] * x[i]);
  return weights;
}

// Plain rounding to codes 0…2 half - 1 with x ≈ scale * (code - half): the extreme becomes code 0.
inline float round_symmetric(std::span<const float, kBlock> x, std::uint8_t* codes, int half) {
  const float scale = extreme_of(x) / static_cast<float>(-half);
  const float inverse = inverse_or_zero(scale);
  for (std::size_t i = 0; i < kBlock; ++i) codes[i] = truncated_code(x[i] * inverse + (static_cast<float>(half) + 0.5f), 2 * half - 1);
  return scale;
}

// Plain rounding to codes 0…levels with x ≈ scale * code - offset: minimum and maximum are met exactly.
inline AffineFit round_affine(std::span<const float, kBlock> x, std::uint8_t* codes, int levels) {
  float minimum = x[0], maximum = x[0];
  for (const float value : x) {
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  const float scale = (maximum - minimum) / static_cast<float>(levels);
  const float inverse = inverse_or_zero(scale);
  for (std::size_t i = 0; i < kBlock; ++i) codes[i] = truncated_code((x[i] - minimum) * inverse + 0.5f, levels);
  return {scale, -minimum};
}

// The block with the smaller weighted error; a search over scales can lose to plain rounding once the scale is rounded to a half.
template <class Block, class Decode>
Block better_of(const Block& plain, const Block& weighted, Decode decode, std::span<const float, kBlock> x, const float* importance) {
  const auto error = [&](const Block& block) {
    float values[kBlock];
    decode(block, std::span<float, kBlock>(values));
    double sum = 0;
    for (std::size_t i = 0; i < kBlock; ++i) sum += static_cast<double>(importance[i]) * (values[i] - x[i]) * (values[i] - x[i]);
    return sum;
  };
  return error(weighted) < error(plain) ? weighted : plain;
}

}  // namespace tightrope::formats
