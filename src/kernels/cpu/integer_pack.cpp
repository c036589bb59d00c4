// Blocks into the packed form: codes are unpacked to bytes, 16 rows are interleaved, and the bits are put together again in planes.
#include <cstring>

#include "formats/super_block.h"
#include "kernels/cpu/integer_layout.h"
#include "kernels/cpu/packed_tables.h"

namespace tightrope::kernels {
namespace {

using namespace formats;  // NOLINT(google-build-using-namespace): the blocks of formats/blocks.h

// One block of one row, one byte for each code.
struct Unpacked {
  std::uint8_t codes[kSuperBlock];
  f16 scale, minimum;
  std::uint8_t subs[16], sub_minimums[16];  // of the sub-blocks, as the packed form holds them
};

void unpack(const BlockQ8_0& block, Unpacked& to) {
  for (std::size_t i = 0; i < kBlock; ++i) to.codes[i] = static_cast<std::uint8_t>(block.codes[i] + 128);
}

void unpack_nibbles(const std::uint8_t* nibbles, std::uint8_t* codes) {
  for (std::size_t i = 0; i < 16; ++i) {
    codes[i] = nibbles[i] & 15;
    codes[i + 16] = nibbles[i] >> 4;
  }
}

void unpack_fifth(const std::uint8_t* high, std::uint8_t* codes) {
  std::uint32_t bits;
  std::memcpy(&bits, high, sizeof bits);
  for (std::uint32_t i = 0; i < kBlock; ++i) codes[i] = static_cast<std::uint8_t>(codes[i] | (bits >> i & 1) << 4);
}

// Q4_0, Q4_1, Q5_0, Q5_1.
template <class Block>
void unpack(const Block& block, Unpacked& to) {
  unpack_nibbles(block.nibbles, to.codes);
  if constexpr (requires { block.high; }) unpack_fifth(block.high, to.codes);
}

// Bit pair k of byte 32 h + l becomes code 128 h + 32 k + l.
void unpack_pairs(const std::uint8_t* pairs, std::uint8_t* codes) {
  for (std::size_t h = 0; h < 2; ++h)
    for (std::size_t k = 0; k < 4; ++k)
      for (std::size_t l = 0; l < 32; ++l) codes[128 * h + 32 * k + l] = pairs[32 * h + l] >> 2 * k & 3;
}

// Bit k of high[l] is bit `bit` of code 32 k + l.
void add_bits(const std::uint8_t* high, int bit, std::uint8_t* codes) {
  for (std::size_t k = 0; k < 8; ++k)
    for (std::size_t l = 0; l < 32; ++l) codes[32 * k + l] = static_cast<std::uint8_t>(codes[32 * k + l] | (high[l] >> k & 1) << bit);
}

void unpack(const BlockQ2K& block, Unpacked& to) {
  unpack_pairs(block.pairs, to.codes);
  std::memcpy(to.subs, block.scales, sizeof to.subs);
}

void unpack(const BlockQ3K& block, Unpacked& to) {
  unpack_pairs(block.pairs, to.codes);
  add_bits(block.high, 2, to.codes);
  for (std::size_t j = 0; j < 16; ++j) to.subs[j] = static_cast<std::uint8_t>(unpack_scale6_of_16(block.scales6, j) - 32);
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
    const ScaleMinimum sub = unpack_scale6(block.scales6, j);
    to.subs[j] = static_cast<std::uint8_t>(sub.scale);
    to.sub_minimums[j] = static_cast<std::uint8_t>(sub.minimum);
  }
}
void unpack(const BlockQ4K& block, Unpacked& to) { unpack_affine(block, to); }
void unpack(const BlockQ5K& block, Unpacked& to) { unpack_affine(block, to); }

void unpack(const BlockQ6K& block, Unpacked& to) {
  for (std::size_t h = 0; h < 2; ++h)
    for (std::size_t l = 0; l < 64; ++l) {
      to.codes[128 * h + l] = block.nibbles[64 * h + l] & 15;
      to.codes[128 * h + 64 + l] = block.nibbles[64 * h + l] >> 4;
    }
  for (std::size_t h = 0; h < 2; ++h)
    for (std::size_t k = 0; k < 4; ++k)
      for (std::size_t l = 0; l < 32; ++l) {
        std::uint8_t& code = to.codes[128 * h + 32 * k + l];
        code = static_cast<std::uint8_t>(code | (block.high[32 * h + l] >> 2 * k & 3) << 4);
      }
  std::memcpy(to.subs, block.scales, sizeof to.subs);
}

// Vector `v` of a plane: kParts runs of code bits, of the steps v, v + stride, v + 2 stride …
template <int kPlaneBits>
void put_plane(const std::uint8_t* bytes, int first_bit, std::byte* to) {
  constexpr std::size_t kParts = 8 / kPlaneBits, kVectors = 8 / kParts;
  for (std::size_t v = 0; v < kVectors; ++v)
    for (std::size_t i = 0; i < 64; ++i) {
      unsigned value = 0;
      for (std::size_t part = 0; part < kParts; ++part) {
        const unsigned code = bytes[64 * (v + part * kVectors) + i];
        value |= (code >> first_bit & ((1u << kPlaneBits) - 1)) << (part * kPlaneBits);
      }
      to[64 * v + i] = static_cast<std::byte>(value);
    }
}

// `bytes` are 8 steps of 16 rows of 4 codes.
template <class L>
void put_codes(const std::uint8_t* bytes, std::byte* to) {
  constexpr int kBase = L::kBits == 8 ? 8 : L::kBits >= 4 ? 4 : 2;
  put_plane<kBase>(bytes, 0, to);
  if constexpr (L::kBits > kBase) put_plane<L::kBits - kBase>(bytes, kBase, to + 64 * kBase);
}

template <class L>
void put_scales(const Unpacked* rows, std::byte* to) {
  auto* halves = reinterpret_cast<f16*>(to);
  for (std::size_t r = 0; r < kGroupRows; ++r) halves[r] = rows[r].scale;
  if constexpr (L::kAffine)
    for (std::size_t r = 0; r < kGroupRows; ++r) halves[kGroupRows + r] = rows[r].minimum;
  if constexpr (L::kSuper)
    for (std::size_t j = 0; j < L::kSubs; ++j)
      for (std::size_t r = 0; r < kGroupRows; ++r) {
        std::byte* sub = to + L::kHeadBytes + j * L::kSubBytes + r;
        *sub = static_cast<std::byte>(rows[r].subs[j]);
        if constexpr (L::kScales == Scales::byte_pairs) sub[kGroupRows] = static_cast<std::byte>(rows[r].sub_minimums[j]);
      }
}

template <class L, class Block>
void pack(const std::byte* blocks, std::size_t rows, std::size_t length, std::byte* group) noexcept {
  constexpr std::size_t kPieces = L::kElements / 32;
  const std::size_t row_bytes = length / L::kElements * sizeof(Block);
  std::memset(group, 0, L::group_bytes(length));
  Unpacked unpacked[kGroupRows] = {};
  alignas(64) std::uint8_t bytes[512];
  for (std::size_t i = 0; i < length; i += L::kElements, blocks += sizeof(Block)) {
    for (std::size_t r = 0; r < rows; ++r) {
      Block block;
      std::memcpy(&block, blocks + r * row_bytes, sizeof block);
      unpack(block, unpacked[r]);
      unpacked[r].scale = block.scale;
      if constexpr (requires { block.minimum; }) unpacked[r].minimum = block.minimum;
    }
    for (std::size_t piece = 0; piece < kPieces; ++piece) {
      for (std::size_t r = 0; r < kGroupRows; ++r)
        for (std::size_t step = 0; step < 8; ++step) std::memcpy(bytes + 64 * step + 4 * r, unpacked[r].codes + 32 * piece + 4 * step, 4);
      put_codes<L>(bytes, group + L::codes_at(i / 32 + piece));
    }
    put_scales<L>(unpacked, group + L::scales_at(i / 32));
  }
}

template <class L, class Block>
constexpr PackedFormat row(const Format& format) {
  return {&format, nullptr, [](std::size_t length) noexcept { return L::group_bytes(length); }, pack<L, Block>, nullptr};
}

constexpr PackedFormat kPackings[] = {
    row<LayoutQ8_0, BlockQ8_0>(q8_0), row<LayoutQ4_0, BlockQ4_0>(q4_0), row<LayoutQ5_0, BlockQ5_0>(q5_0), row<LayoutQ4_1, BlockQ4_1>(q4_1),
    row<LayoutQ5_1, BlockQ5_1>(q5_1), row<LayoutQ2K, BlockQ2K>(q2_k),   row<LayoutQ3K, BlockQ3K>(q3_k),   row<LayoutQ4K, BlockQ4K>(q4_k),
    row<LayoutQ5K, BlockQ5K>(q5_k),   row<LayoutQ6K, BlockQ6K>(q6_k),
};

}  // namespace

constinit const std::span<const PackedFormat> kIntegerPackings = kPackings;

}  // namespace tightrope::kernels
