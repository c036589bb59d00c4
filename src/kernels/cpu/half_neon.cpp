// Products of 16-bit weights for NEON: a group's 16 rows are four registers, and a bf16 is the upper half of a float32. The instructions of
// its BF16 extension round otherwise than AVX-512's and are not used.
#if defined(__aarch64__)
#include <arm_neon.h>

#include <hwy/base.h>

#include <cstring>

#include "kernels/cpu/packed_tables.h"
#include "kernels/cpu/word_layout.h"

namespace tightrope::kernels {
namespace {

#include "kernels/cpu/lanes_neon.inl.h"

struct Ops : HalfWords, Lanes {
  using Sums = Floats;
  struct Weights {
    Floats even, odd;
  };
  struct Pair {
    float32x4_t even, odd;
  };
  // Registers of 32: 16 sums, 8 of weights and 2 inputs.
  static constexpr std::size_t kTokens = 4, kGroups = 1;

  static HWY_INLINE float32x4_t even(uint32x4_t pairs) { return vreinterpretq_f32_u32(vshlq_n_u32(pairs, 16)); }
  static HWY_INLINE float32x4_t odd(uint32x4_t pairs) { return vreinterpretq_f32_u32(vandq_u32(pairs, vdupq_n_u32(0xffff0000u))); }
  static HWY_INLINE uint32x4_t load_one(const std::byte* from) { return vld1q_u32(reinterpret_cast<const std::uint32_t*>(from)); }
  static HWY_INLINE Weights load(const std::byte* from) {
    return {each<Floats>([=](std::size_t i) { return even(load_one(from + 16 * i)); }),
            each<Floats>([=](std::size_t i) { return odd(load_one(from + 16 * i)); })};
  }
  static HWY_INLINE Pair broadcast(const std::uint16_t* pair) {
    std::uint32_t word;
    std::memcpy(&word, pair, sizeof word);
    return {even(vdupq_n_u32(word)), odd(vdupq_n_u32(word))};
  }
  static HWY_INLINE Sums zero() { return zero_floats(); }
  static HWY_INLINE Sums add_products(Sums sums, const Weights& weights, const Pair& pair) {
    for (std::size_t i = 0; i < 4; ++i)
      sums.part[i] = vfmaq_f32(vfmaq_f32(sums.part[i], weights.odd.part[i], pair.odd), weights.even.part[i], pair.even);
    return sums;
  }
  static HWY_INLINE Floats add(const Floats& a, const Floats& b) {
    return each<Floats>([&](std::size_t i) { return vaddq_f32(a.part[i], b.part[i]); });
  }

  // 4 values to bf16: to nearest, ties to even; what is no number stays none; next to nothing is zero.
  static HWY_INLINE uint16x4_t round_four(const float* from) {
    const float32x4_t x = vld1q_f32(from);
    const uint32x4_t bits = vreinterpretq_u32_f32(x), high = vshrq_n_u32(bits, 16);
    const uint32x4_t ties = vaddq_u32(vandq_u32(high, vdupq_n_u32(1)), vdupq_n_u32(0x7fff));
    const uint32x4_t rounded = vshrq_n_u32(vaddq_u32(bits, ties), 16);
    const uint32x4_t number = vceqq_f32(x, x), nothing = vcltq_f32(vabsq_f32(x), vdupq_n_f32(kHalfNothing));
    return vmovn_u32(vbicq_u32(vbslq_u32(number, rounded, vorrq_u32(high, vdupq_n_u32(0x40))), nothing));
  }
  static HWY_INLINE void round(const float* x, std::uint16_t* to) {
    for (std::size_t i = 0; i < 32; i += 4) vst1_u16(to + i, round_four(x + i));
  }
};

#include "kernels/cpu/word_tile.inl.h"

#include "kernels/cpu/half_words.inl.h"

}  // namespace

constinit const PackedTable kHalfNeon = kProducts;

}  // namespace tightrope::kernels
#endif
