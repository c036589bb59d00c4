// How codes lie in the blocks of several formats.
#pragma once

#include <cstring>

#include "formats/super_block.h"
#include "kernels/cpu/packed/pack.h"

namespace tightrope::kernels {

// Q4 and Q5 in blocks of 32.
inline void unpack_nibbles(const std::uint8_t* nibbles, std::uint8_t* codes) {
  for (std::size_t i = 0; i < 16; ++i) {
    codes[i] = nibbles[i] & 15;
    codes[i + 16] = nibbles[i] >> 4;
  }
}

// Bit i of the four bytes `high` is bit 4 of code i.
inline void unpack_fifth(const std::uint8_t* high, std::uint8_t* codes) {
  std::uint32_t bits;
  std::memcpy(&bits, high, sizeof bits);
  for (std::uint32_t i = 0; i < formats::kBlock; ++i) codes[i] = static_cast<std::uint8_t>(codes[i] | (bits >> i & 1) << 4);
}

// Bit pair k of byte 32 h + l becomes code 128 h + 32 k + l.
inline void unpack_pairs(const std::uint8_t* pairs, std::uint8_t* codes) {
  for (std::size_t h = 0; h < 2; ++h)
    for (std::size_t k = 0; k < 4; ++k)
      for (std::size_t l = 0; l < 32; ++l) codes[128 * h + 32 * k + l] = pairs[32 * h + l] >> 2 * k & 3;
}

// Bit k of high[l] is bit `bit` of code 32 k + l.
inline void add_bits(const std::uint8_t* high, int bit, std::uint8_t* codes) {
  for (std::size_t k = 0; k < 8; ++k)
    for (std::size_t l = 0; l < 32; ++l) codes[32 * k + l] = static_cast<std::uint8_t>(codes[32 * k + l] | (high[l] >> k & 1) << bit);
}

// Q4_K and Q5_K.
template <class Block>
void unpack_affine(const Block& block, Unpacked& to) {
  for (std::size_t k = 0; k < 4; ++k)
    for (std::size_t l = 0; l < 32; ++l) {
      to.codes[64 * k + l] = block.nibbles[32 * k + l] & 15;
      to.codes[64 * k + 32 + l] = block.nibbles[32 * k + l] >> 4;
    }
  if constexpr (requires { block.high; }) add_bits(block.high, 4, to.codes);
  for (std::size_t j = 0; j < 8; ++j) {
    const formats::ScaleMinimum sub = formats::unpack_scale6(block.scales6, j);
    to.subs[j] = static_cast<std::uint8_t>(sub.scale);
    to.sub_minimums[j] = static_cast<std::uint8_t>(sub.minimum);
  }
}
}  // namespace tightrope::kernels
