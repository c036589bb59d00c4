// What the integer kernels of NEON and of its dot products have in common: all but the product of bytes. Included inside the namespace.
#pragma once

#include "kernels/cpu/lanes_neon.inl.h"

struct NeonOps : Lanes {
  struct Codes {
    uint8x16_t part[4];
  };
  struct Ints {
    int32x4_t part[4];
  };
  // Registers of 32: 2 tokens are 8 sums and 8 results, beside 4 of weights.
  static constexpr std::size_t kFewTokens = 2, kManyTokens = 2, kManyGroups = 1;
  static constexpr std::size_t kMostFewTokens = 4;

  static const std::uint8_t* bytes_of(const std::byte* from) { return reinterpret_cast<const std::uint8_t*>(from); }

  static HWY_INLINE Codes load(const std::byte* from) {
    return each<Codes>([=](std::size_t i) { return vld1q_u8(bytes_of(from) + 16 * i); });
  }
  static HWY_INLINE void store(const Codes& codes, std::byte* to) {
    for (std::size_t i = 0; i < 4; ++i) vst1q_u8(reinterpret_cast<std::uint8_t*>(to) + 16 * i, codes.part[i]);
  }
  // kBits bits of every byte from bit kShift on, moved to bit kTo.
  template <int kShift, int kBits, int kTo>
  static HWY_INLINE Codes field(const Codes& codes) {
    return each<Codes>([&](std::size_t i) {
      const uint8x16_t moved = kShift > kTo   ? vshrq_n_u8(codes.part[i], kShift > kTo ? kShift - kTo : 1)
                               : kShift < kTo ? vshlq_n_u8(codes.part[i], kShift < kTo ? kTo - kShift : 0)
                                              : codes.part[i];
      return vandq_u8(moved, vdupq_n_u8(((1 << kBits) - 1) << kTo));
    });
  }
  static HWY_INLINE Codes join(const Codes& a, const Codes& b) {
    return each<Codes>([&](std::size_t i) { return vorrq_u8(a.part[i], b.part[i]); });
  }

  static HWY_INLINE Codes raised_levels(const Codes& codes) {
    const uint8x16_t table = vld1q_u8(kRaisedLevels.data());
    return each<Codes>([&](std::size_t i) { return vqtbl1q_u8(table, codes.part[i]); });
  }

  static HWY_INLINE Ints all(std::int32_t value) {
    return each<Ints>([=](std::size_t) { return vdupq_n_s32(value); });
  }
  static HWY_INLINE Ints zero() { return all(0); }
  template <int kFactor>
  static HWY_INLINE Ints times(const std::int32_t* sum) {
    return all(*sum * kFactor);
  }
  static HWY_INLINE int8x16_t broadcast(const std::int8_t* four) {
    std::int32_t word;
    std::memcpy(&word, four, sizeof word);
    return vreinterpretq_s8_s32(vdupq_n_s32(word));
  }

  static HWY_INLINE Floats to_floats(const Ints& values) {
    return each<Floats>([&](std::size_t i) { return vcvtq_f32_s32(values.part[i]); });
  }
  static HWY_INLINE Floats mul(const Floats& a, const Floats& b) {
    return each<Floats>([&](std::size_t i) { return vmulq_f32(a.part[i], b.part[i]); });
  }
  static HWY_INLINE Floats fma(const Floats& a, const Floats& b, const Floats& c) {
    return each<Floats>([&](std::size_t i) { return vfmaq_f32(c.part[i], a.part[i], b.part[i]); });
  }
  static HWY_INLINE Floats negate(const Floats& a) {
    return each<Floats>([&](std::size_t i) { return vnegq_f32(a.part[i]); });
  }
  static HWY_INLINE Floats broadcast_float(const float* from) {
    return each<Floats>([=](std::size_t) { return vdupq_n_f32(*from); });
  }
  static HWY_INLINE Floats load_floats(const std::byte* from) { return load_four(reinterpret_cast<const float*>(from)); }
  static HWY_INLINE void store_floats(const Floats& values, std::byte* to) { store_four(values, reinterpret_cast<float*>(to)); }
  static HWY_INLINE Floats load_halves(const std::byte* from) {
    return each<Floats>([=](std::size_t i) { return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(bytes_of(from) + 8 * i))); });
  }
  static HWY_INLINE Floats widen(uint8x16_t bytes) {
    const uint16x8_t low = vmovl_u8(vget_low_u8(bytes)), high = vmovl_high_u8(bytes);
    return {{vcvtq_f32_u32(vmovl_u16(vget_low_u16(low))), vcvtq_f32_u32(vmovl_high_u16(low)), vcvtq_f32_u32(vmovl_u16(vget_low_u16(high))),
             vcvtq_f32_u32(vmovl_high_u16(high))}};
  }
  static HWY_INLINE Floats load_signed(const std::byte* from) {
    const int8x16_t bytes = vreinterpretq_s8_u8(vld1q_u8(bytes_of(from)));
    const int16x8_t low = vmovl_s8(vget_low_s8(bytes)), high = vmovl_high_s8(bytes);
    return {{vcvtq_f32_s32(vmovl_s16(vget_low_s16(low))), vcvtq_f32_s32(vmovl_high_s16(low)), vcvtq_f32_s32(vmovl_s16(vget_low_s16(high))),
             vcvtq_f32_s32(vmovl_high_s16(high))}};
  }
  static HWY_INLINE Floats load_unsigned(const std::byte* from) { return widen(vld1q_u8(bytes_of(from))); }
  static HWY_INLINE Floats load_low_nibbles(const std::byte* from) { return widen(vandq_u8(vld1q_u8(bytes_of(from)), vdupq_n_u8(15))); }
  static HWY_INLINE Floats load_high_nibbles(const std::byte* from) { return widen(vshrq_n_u8(vld1q_u8(bytes_of(from)), 4)); }
};

// 16 values to codes and their sum.
HWY_INLINE std::int32_t put_half(const float32x4_t* values, float inverse, std::int8_t* codes) {
  int32x4_t rounded[4];
  for (std::size_t i = 0; i < 4; ++i) rounded[i] = vcvtnq_s32_f32(vmulq_n_f32(values[i], inverse));
  const int16x8_t low = vqmovn_high_s32(vqmovn_s32(rounded[0]), rounded[1]), high = vqmovn_high_s32(vqmovn_s32(rounded[2]), rounded[3]);
  const int8x16_t bytes = vqmovn_high_s16(vqmovn_s16(low), high);
  vst1q_s8(codes, bytes);
  return vaddlvq_s8(bytes);
}

HWY_INLINE float round_block(const float* x, std::int8_t* codes, std::int32_t (&sums)[2]) {
  float32x4_t values[8], largest = vdupq_n_f32(0);
  for (std::size_t i = 0; i < 8; ++i) {
    values[i] = vld1q_f32(x + 4 * i);
    largest = vmaxq_f32(largest, vabsq_f32(values[i]));  // what is no number stays none
  }
  const float top = vmaxvq_f32(largest), inverse = top > kNothing ? 127.0f / top : 0.0f;
  for (std::size_t half = 0; half < 2; ++half) sums[half] = put_half(values + 4 * half, inverse, codes + 16 * half);
  return top / 127.0f;
}
