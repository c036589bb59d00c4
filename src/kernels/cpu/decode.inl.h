// Decoders of every format, kLanes weights at a time: the scalar decoders' operations on each of them.

#if defined(TIGHTROPE_DECODE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TIGHTROPE_DECODE_INL_H_
#undef TIGHTROPE_DECODE_INL_H_
#else
#define TIGHTROPE_DECODE_INL_H_
#endif

#include <cstring>

#include "formats/super_block.h"
#include "formats/uneven_levels.h"
#include "kernels/cpu/encode_codes.inl.h"

HWY_BEFORE_NAMESPACE();
namespace tightrope::kernels::HWY_NAMESPACE {
namespace {

HWY_INLINE Vector widen_half(hn::Vec<Unsigned> bits) {
  const Unsigned du;
  const auto magnitude = hn::And(bits, hn::Set(du, 0x7fffu));
  const auto sign = hn::ShiftLeft<16>(hn::And(bits, hn::Set(du, 0x8000u)));
  const auto shifted = hn::ShiftLeft<13>(magnitude);
  auto wide = hn::Add(shifted, hn::Set(du, 0x38000000u));
  const auto infinite = hn::Or(shifted, hn::Set(du, 0x7f800000u));
  wide = hn::IfThenElse(hn::Gt(magnitude, hn::Set(du, 0x7bffu)), infinite, wide);
  const Vector steps = hn::ConvertTo(Floats(), hn::BitCast(Signed(), magnitude));
  const auto subnormal = hn::BitCast(du, hn::Mul(steps, hn::Set(Floats(), 0x1p-24f)));
  wide = hn::IfThenElse(hn::Lt(magnitude, hn::Set(du, 0x400u)), subnormal, wide);
  return hn::BitCast(Floats(), hn::Or(wide, sign));
}

HWY_INLINE Vector widen_brain(hn::Vec<Unsigned> bits) { return hn::BitCast(Floats(), hn::ShiftLeft<16>(bits)); }

template <auto kWiden>
HWY_INLINE void decode_shorts(const std::byte* blocks, float* values, std::size_t count) {
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const auto bits = hn::LoadU(Shorts(), reinterpret_cast<const std::uint16_t*>(blocks + 2 * i));
    hn::StoreU(kWiden(hn::PromoteTo(Unsigned(), bits)), Floats(), values + i);
  }
  if (i == count) return;
  alignas(64) std::uint16_t buffer[kLanes] = {};
  std::memcpy(buffer, blocks + 2 * i, 2 * (count - i));
  store_some(kWiden(hn::PromoteTo(Unsigned(), hn::Load(Shorts(), buffer))), values + i, count - i);
}

void decode_f16(const std::byte* blocks, float* values, std::size_t count) noexcept { decode_shorts<widen_half>(blocks, values, count); }
void decode_bf16(const std::byte* blocks, float* values, std::size_t count) noexcept { decode_shorts<widen_brain>(blocks, values, count); }

using Codes = hn::Vec<Signed>;

HWY_INLINE Codes load_codes(const std::uint8_t* bytes) { return hn::PromoteTo(Signed(), hn::LoadU(Bytes(), bytes)); }
HWY_INLINE Codes mask(Codes codes, int bits) { return hn::And(codes, hn::Set(Signed(), bits)); }
template <int kShift>
HWY_INLINE Codes above(Codes codes) {
  return hn::ShiftRight<kShift>(codes);
}

// Stores scale * (code - half) at kLanes values.
HWY_INLINE void store_symmetric(Codes codes, int half, float scale, float* values) {
  const Vector level = hn::ConvertTo(Floats(), hn::Sub(codes, hn::Set(Signed(), half)));
  hn::StoreU(hn::Mul(hn::Set(Floats(), scale), level), Floats(), values);
}

// Stores scale * code + minimum at kLanes values.
HWY_INLINE void store_affine(Codes codes, float scale, float minimum, float* values) {
  const Vector level = hn::ConvertTo(Floats(), codes);
  hn::StoreU(hn::Add(hn::Mul(hn::Set(Floats(), scale), level), hn::Set(Floats(), minimum)), Floats(), values);
}

template <class Block, std::size_t kElements, class DecodeBlock>
HWY_INLINE void for_blocks(const std::byte* blocks, float* values, std::size_t count, DecodeBlock decode_block) {
  for (std::size_t i = 0; i < count; i += kElements, blocks += sizeof(Block)) {
    Block block;
    std::memcpy(&block, blocks, sizeof block);
    decode_block(block, values + i);
  }
}

void decode_q8_0(const std::byte* blocks, float* values, std::size_t count) noexcept {
  for_blocks<formats::BlockQ8_0, 32>(blocks, values, count, [](const auto& block, float* x) HWY_ATTR {
    const float scale = to_f32(block.scale);
    for (std::size_t i = 0; i < 32; i += kLanes)
      store_symmetric(hn::PromoteTo(Signed(), hn::LoadU(SignedBytes(), block.codes + i)), 0, scale, x + i);
  });
}

// Codes i and i + 16 of a block of 32, for i in [at, at + kLanes).
template <class Block>
HWY_INLINE void nibble_codes(const Block& block, std::size_t at, Codes& low, Codes& high) {
  const Codes bytes = load_codes(block.nibbles + at);
  low = mask(bytes, 15);
  high = above<4>(bytes);
  if constexpr (requires { block.high; }) {
    std::uint32_t word;
    std::memcpy(&word, block.high, sizeof word);
    const auto bits = hn::Set(Unsigned(), word);
    const auto position = hn::Iota(Unsigned(), static_cast<std::uint32_t>(at));
    const auto fifth = [&](std::uint32_t offset) HWY_ATTR {
      const auto shifted = hn::Shr(bits, hn::Add(position, hn::Set(Unsigned(), offset)));
      return hn::BitCast(Signed(), hn::ShiftLeft<4>(hn::And(shifted, hn::Set(Unsigned(), 1u))));
    };
    low = hn::Or(low, fifth(0));
    high = hn::Or(high, fifth(16));
  }
}

template <class Block, int kHalf>
HWY_INLINE void decode_symmetric32(const std::byte* blocks, float* values, std::size_t count) {
  for_blocks<Block, 32>(blocks, values, count, [](const Block& block, float* x) HWY_ATTR {
    for (std::size_t i = 0; i < 16; i += kLanes) {
      Codes low, high;
      nibble_codes(block, i, low, high);
      store_symmetric(low, kHalf, to_f32(block.scale), x + i);
      store_symmetric(high, kHalf, to_f32(block.scale), x + 16 + i);
    }
  });
}

template <class Block>
HWY_INLINE void decode_affine32(const std::byte* blocks, float* values, std::size_t count) {
  for_blocks<Block, 32>(blocks, values, count, [](const Block& block, float* x) HWY_ATTR {
    for (std::size_t i = 0; i < 16; i += kLanes) {
      Codes low, high;
      nibble_codes(block, i, low, high);
      store_affine(low, to_f32(block.scale), to_f32(block.minimum), x + i);
      store_affine(high, to_f32(block.scale), to_f32(block.minimum), x + 16 + i);
    }
  });
}

void decode_q4_0(const std::byte* blocks, float* values, std::size_t count) noexcept {
  decode_symmetric32<formats::BlockQ4_0, 8>(blocks, values, count);
}
void decode_q5_0(const std::byte* blocks, float* values, std::size_t count) noexcept {
  decode_symmetric32<formats::BlockQ5_0, 16>(blocks, values, count);
}
void decode_q4_1(const std::byte* blocks, float* values, std::size_t count) noexcept {
  decode_affine32<formats::BlockQ4_1>(blocks, values, count);
}
void decode_q5_1(const std::byte* blocks, float* values, std::size_t count) noexcept {
  decode_affine32<formats::BlockQ5_1>(blocks, values, count);
}

// Q4_K and Q5_K: 64 elements from 32 bytes at a time.
template <class Block>
HWY_INLINE void decode_affine256(const Block& block, float* x) {
  const float scale = to_f32(block.scale), minimum = to_f32(block.minimum);
  for (std::size_t k = 0; k < 4; ++k, x += 64) {
    const formats::ScaleMinimum first = formats::unpack_scale6(block.scales6, 2 * k);
    const formats::ScaleMinimum second = formats::unpack_scale6(block.scales6, 2 * k + 1);
    const float scales[2] = {scale * static_cast<float>(first.scale), scale * static_cast<float>(second.scale)};
    const float minimums[2] = {-(minimum * static_cast<float>(first.minimum)), -(minimum * static_cast<float>(second.minimum))};
    for (std::size_t l = 0; l < 32; l += kLanes) {
      const Codes bytes = load_codes(block.nibbles + 32 * k + l);
      Codes low = mask(bytes, 15), high = above<4>(bytes);
      if constexpr (requires { block.high; }) {
        const Codes bits = hn::ShiftRightSame(load_codes(block.high + l), static_cast<int>(2 * k));
        low = hn::Or(low, hn::ShiftLeft<4>(mask(bits, 1)));
        high = hn::Or(high, hn::ShiftLeft<3>(mask(bits, 2)));
      }
      store_affine(low, scales[0], minimums[0], x + l);
      store_affine(high, scales[1], minimums[1], x + 32 + l);
    }
  }
}

void decode_q4_k(const std::byte* blocks, float* values, std::size_t count) noexcept {
  for_blocks<formats::BlockQ4K, 256>(blocks, values, count, [](const auto& block, float* x) HWY_ATTR { decode_affine256(block, x); });
}
void decode_q5_k(const std::byte* blocks, float* values, std::size_t count) noexcept {
  for_blocks<formats::BlockQ5K, 256>(blocks, values, count, [](const auto& block, float* x) HWY_ATTR { decode_affine256(block, x); });
}

// Calls store(codes 0…3, element) for the bit pairs of Q2_K and Q3_K, 16 elements of one sub-block after the other.
template <class Store>
HWY_INLINE void for_pairs(const std::uint8_t* pairs, Store store) {
  for (std::size_t element = 0; element < 256; element += kLanes) {
    const Codes bytes = load_codes(pairs + element / 128 * 32 + element % 32);
    store(mask(hn::ShiftRightSame(bytes, static_cast<int>(2 * (element / 32 % 4))), 3), element);
  }
}

void decode_q2_k(const std::byte* blocks, float* values, std::size_t count) noexcept {
  for_blocks<formats::BlockQ2K, 256>(blocks, values, count, [](const auto& block, float* x) HWY_ATTR {
    const float scale = to_f32(block.scale), minimum = to_f32(block.minimum);
    for_pairs(block.pairs, [&](Codes codes, std::size_t element) HWY_ATTR {
      const int sub = block.scales[element / 16];
      store_affine(codes, scale * static_cast<float>(sub & 15), -(minimum * static_cast<float>(sub >> 4)), x + element);
    });
  });
}

void decode_q3_k(const std::byte* blocks, float* values, std::size_t count) noexcept {
  for_blocks<formats::BlockQ3K, 256>(blocks, values, count, [](const auto& block, float* x) HWY_ATTR {
    const float scale = to_f32(block.scale);
    for_pairs(block.pairs, [&](Codes codes, std::size_t element) HWY_ATTR {
      const Codes high = mask(hn::ShiftRightSame(load_codes(block.high + element % 32), static_cast<int>(element / 32)), 1);
      const int sub = formats::unpack_scale6_of_16(block.scales6, element / 16) - 32;
      store_symmetric(hn::Or(codes, hn::ShiftLeft<2>(high)), 4, scale * static_cast<float>(sub), x + element);
    });
  });
}

void decode_q6_k(const std::byte* blocks, float* values, std::size_t count) noexcept {
  for_blocks<formats::BlockQ6K, 256>(blocks, values, count, [](const auto& block, float* x) HWY_ATTR {
    const float scale = to_f32(block.scale);
    for (std::size_t element = 0; element < 256; element += kLanes) {
      const std::size_t half = element / 128, l = element % 128;
      const Codes bytes = load_codes(block.nibbles + 64 * half + l % 64);
      const Codes low = mask(hn::ShiftRightSame(bytes, l < 64 ? 0 : 4), 15);
      const Codes high = mask(hn::ShiftRightSame(load_codes(block.high + 32 * half + l % 32), static_cast<int>(2 * (l / 32))), 3);
      const float step = scale * static_cast<float>(block.scales[element / 16]);
      store_symmetric(hn::Or(low, hn::ShiftLeft<4>(high)), 32, step, x + element);
    }
  });
}

// 32 weights with uneven levels, which are looked up as bytes.
HWY_INLINE void decode_uneven(const std::uint8_t* nibbles, float step, float* x) {
  const hn::FixedTag<std::uint8_t, 16> du;
  const hn::FixedTag<std::int8_t, 16> ds;
  const auto levels = hn::LoadU(ds, formats::kUnevenLevels.data());
  const auto bytes = hn::LoadU(du, nibbles);
  std::int8_t level[32];
  hn::StoreU(hn::TableLookupBytes(levels, hn::BitCast(ds, hn::And(bytes, hn::Set(du, 15)))), ds, level);
  hn::StoreU(hn::TableLookupBytes(levels, hn::BitCast(ds, hn::ShiftRight<4>(bytes))), ds, level + 16);
  for (std::size_t i = 0; i < 32; i += kLanes)
    store_symmetric(hn::PromoteTo(Signed(), hn::LoadU(SignedBytes(), level + i)), 0, step, x + i);
}

void decode_iq4_nl(const std::byte* blocks, float* values, std::size_t count) noexcept {
  for_blocks<formats::BlockIQ4NL, 32>(blocks, values, count,
                                      [](const auto& block, float* x) HWY_ATTR { decode_uneven(block.nibbles, to_f32(block.scale), x); });
}

void decode_iq4_xs(const std::byte* blocks, float* values, std::size_t count) noexcept {
  for_blocks<formats::BlockIQ4XS, 256>(blocks, values, count, [](const auto& block, float* x) HWY_ATTR {
    const float scale = to_f32(block.scale);
    for (std::size_t j = 0; j < formats::kUnevenSubBlocks; ++j) {
      const float step = scale * static_cast<float>(formats::unpack_uneven_scale(block, j) - formats::kUnevenScaleHalf);
      decode_uneven(block.nibbles + 16 * j, step, x + 32 * j);
    }
  });
}

}  // namespace
}  // namespace tightrope::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
