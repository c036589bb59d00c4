// Blocks into the packed form: codes are unpacked to bytes, 16 rows are interleaved, and the bits are put together again in planes.
#pragma once

#include <cstring>

#include "formats/blocks.h"
#include "kernels/cpu/integer_layout.h"
#include "kernels/cpu/packed_tables.h"

namespace tightrope::kernels {

// One block of one row, one byte for each code. Where scale and minimum of a block are called that, they need no unpacking.
struct Unpacked {
  std::uint8_t codes[formats::kSuperBlock];
  f16 scale, minimum;
  std::uint8_t subs[16], sub_minimums[16];  // of the sub-blocks, as the packed form holds them
};

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

template <class L, class Block, void (*kUnpack)(const Block&, Unpacked&)>
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
      kUnpack(block, unpacked[r]);
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

// The row of a format: its layout, its block and what unpacks one.
template <class L, class Block, void (*kUnpack)(const Block&, Unpacked&)>
constexpr PackedFormat packing(const formats::Format& format) {
  return {&format, nullptr, [](std::size_t length) noexcept { return L::group_bytes(length); }, pack<L, Block, kUnpack>, nullptr};
}

}  // namespace tightrope::kernels
