// The bytes of every quantised block, exactly as GGUF files hold them. Blocks run along a row; all fields are little-endian.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tensor/half.h"

namespace tightrope::formats {

constexpr std::size_t kBlock = 32;        // elements of the simple formats
constexpr std::size_t kSuperBlock = 256;  // elements of the K formats, cut into sub-blocks of 16 or 32 with integer scales of their own

// x = scale * (code - 8). Code i is the low nibble of byte i, code i + 16 the high one; so in all formats of 32.
struct BlockQ4_0 {
  f16 scale;
  std::uint8_t nibbles[16];
};

// x = scale * code + minimum
struct BlockQ4_1 {
  f16 scale, minimum;
  std::uint8_t nibbles[16];
};

// x = scale * (code - 16). Bit i of the four bytes `high` is bit 4 of code i.
struct BlockQ5_0 {
  f16 scale;
  std::uint8_t high[4];
  std::uint8_t nibbles[16];
};

// x = scale * code + minimum
struct BlockQ5_1 {
  f16 scale, minimum;
  std::uint8_t high[4];
  std::uint8_t nibbles[16];
};

// x = scale * code
struct BlockQ8_0 {
  f16 scale;
  std::int8_t codes[32];
};

// x = scale * (scales[j] & 15) * code - minimum * (scales[j] >> 4), j = element / 16. Bit pair k of byte 32 h + l is element
// 128 h + 32 k + l.
struct BlockQ2K {
  std::uint8_t scales[16];
  std::uint8_t pairs[64];
  f16 scale, minimum;
};

// x = scale * (scales6[j] - 32) * (code - 4), j = element / 16. Low two bits as in Q2_K; bit k of high[l] is bit 2 of element 32 k + l.
struct BlockQ3K {
  std::uint8_t high[32];
  std::uint8_t pairs[64];
  std::uint8_t scales6[12];
  f16 scale;
};

// x = scale * scales6[j] * code - minimum * minimums6[j], j = element / 32. Low nibbles of bytes 32 k + l are element 64 k + l, high ones
// 32 further on.
struct BlockQ4K {
  f16 scale, minimum;
  std::uint8_t scales6[12];
  std::uint8_t nibbles[128];
};

// As Q4_K, and bit k of high[l] is bit 4 of element 32 k + l.
struct BlockQ5K {
  f16 scale, minimum;
  std::uint8_t scales6[12];
  std::uint8_t high[32];
  std::uint8_t nibbles[128];
};

// x = scale * scales[j] * (code - 32), j = element / 16. In each half of 128: nibbles of byte l (0-63) are elements l and l + 64,
// bit pair k of high byte l (0-31) is the top of element 32 k + l.
struct BlockQ6K {
  std::uint8_t nibbles[128];
  std::uint8_t high[64];
  std::int8_t scales[16];
  f16 scale;
};

// x = scale * kUnevenLevels[code], see uneven_levels.h. Codes lie as in Q4_0.
struct BlockIQ4NL {
  f16 scale;
  std::uint8_t nibbles[16];
};

// x = scale * (s - 32) * kUnevenLevels[code], a 6-bit s for each 32 elements: its low nibble in scales_low, two a byte, its top two bits in
// the little-endian word scales_high. Nibbles of 32 elements lie as in Q4_0, one group of 16 bytes after the other.
struct BlockIQ4XS {
  f16 scale;
  std::uint8_t scales_high[2];
  std::uint8_t scales_low[4];
  std::uint8_t nibbles[128];
};

static_assert(sizeof(BlockQ4_0) == 18 && sizeof(BlockQ4_1) == 20 && sizeof(BlockQ5_0) == 22 && sizeof(BlockQ5_1) == 24);
static_assert(sizeof(BlockQ8_0) == 34 && sizeof(BlockQ2K) == 84 && sizeof(BlockQ3K) == 110);
static_assert(sizeof(BlockQ4K) == 144 && sizeof(BlockQ5K) == 176 && sizeof(BlockQ6K) == 210);
static_assert(sizeof(BlockIQ4NL) == 18 && sizeof(BlockIQ4XS) == 136);

}  // namespace tightrope::formats
