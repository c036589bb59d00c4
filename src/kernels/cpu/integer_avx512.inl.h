// What the integer kernels of AVX-512 and of AMX have in common: a group's 16 rows are one register. Included between the attributes.
#pragma once

#include "kernels/cpu/lanes_avx512.inl.h"

struct Avx512Ops : Lanes {
  using Codes = __m512i;
  using Ints = __m512i;
  // Registers of 32: 8 tokens beside a group are 8 sums and 8 results; 6 beside two groups are 12 and 12.
  static constexpr std::size_t kFewTokens = 8, kManyTokens = 6, kManyGroups = 2;
  static constexpr std::size_t kMostFewTokens = 16;  // beyond that unpacking once is the faster way

  static HWY_INLINE Codes load(const std::byte* from) { return _mm512_load_si512(from); }
  static HWY_INLINE void store(Codes codes, std::byte* to) { _mm512_store_si512(to, codes); }
  // kBits bits of every byte from bit kShift on, moved to bit kTo.
  template <int kShift, int kBits, int kTo>
  static HWY_INLINE Codes field(Codes codes) {
    const Codes moved = kShift > kTo   ? _mm512_srli_epi16(codes, kShift > kTo ? kShift - kTo : 0)
                        : kShift < kTo ? _mm512_slli_epi16(codes, kShift < kTo ? kTo - kShift : 0)
                                       : codes;
    return _mm512_and_si512(moved, _mm512_set1_epi8(static_cast<char>(((1 << kBits) - 1) << kTo)));
  }
  static HWY_INLINE Codes join(Codes a, Codes b) { return _mm512_or_si512(a, b); }

  static HWY_INLINE Codes raised_levels(Codes codes) {
    const __m128i table = _mm_load_si128(reinterpret_cast<const __m128i*>(kRaisedLevels.data()));
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(table), codes);
  }

  static HWY_INLINE Ints zero() { return _mm512_setzero_si512(); }
  template <int kFactor>  // a power of two
  static HWY_INLINE Ints times(const std::int32_t* sum) {
    constexpr unsigned kShift = __builtin_ctz(kFactor == 0 ? 1 : kFactor);
    return _mm512_slli_epi32(_mm512_set1_epi32(*sum), kShift);
  }
  static HWY_INLINE Codes broadcast(const std::int8_t* four) { return broadcast_word(four); }
  template <bool kBytes>
  static HWY_INLINE Ints dot(Ints sums, Codes weights, Codes four) {
    return _mm512_dpbusd_epi32(sums, weights, four);
  }

  static HWY_INLINE Floats to_floats(Ints values) { return _mm512_cvtepi32_ps(values); }
  static HWY_INLINE Floats mul(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
  static HWY_INLINE Floats fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
  static HWY_INLINE Floats negate(Floats a) { return _mm512_xor_ps(a, _mm512_set1_ps(-0.0f)); }
  static HWY_INLINE Floats broadcast_float(const float* from) { return _mm512_set1_ps(*from); }
  static HWY_INLINE Floats load_floats(const std::byte* from) { return _mm512_load_ps(from); }
  static HWY_INLINE void store_floats(Floats values, std::byte* to) { _mm512_store_ps(to, values); }
  static HWY_INLINE Floats load_halves(const std::byte* from) {
    return _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(from)));
  }
  static HWY_INLINE __m128i load_bytes(const std::byte* from) { return _mm_load_si128(reinterpret_cast<const __m128i*>(from)); }
  static HWY_INLINE Floats load_signed(const std::byte* from) { return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(load_bytes(from))); }
  static HWY_INLINE Floats load_unsigned(const std::byte* from) { return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(load_bytes(from))); }
  static HWY_INLINE Floats load_low_nibbles(const std::byte* from) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_and_si128(load_bytes(from), _mm_set1_epi8(15))));
  }
  static HWY_INLINE Floats load_high_nibbles(const std::byte* from) {
    return _mm512_cvtepi32_ps(_mm512_srli_epi32(_mm512_cvtepu8_epi32(load_bytes(from)), 4));
  }
};

HWY_INLINE float round_block(const float* x, std::int8_t* codes, std::int32_t (&sums)[2]) {
  const __m512 magnitude = _mm512_castsi512_ps(_mm512_set1_epi32(0x7fffffff));
  const __m512 a = _mm512_loadu_ps(x), b = _mm512_loadu_ps(x + 16);
  const float largest = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_and_ps(a, magnitude), _mm512_and_ps(b, magnitude)));
  const float inverse = largest > kNothing ? 127.0f / largest : 0.0f;
  const __m512i low = _mm512_cvtps_epi32(_mm512_mul_ps(a, _mm512_set1_ps(inverse)));
  const __m512i high = _mm512_cvtps_epi32(_mm512_mul_ps(b, _mm512_set1_ps(inverse)));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(codes), _mm512_cvtsepi32_epi8(low));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(codes + 16), _mm512_cvtsepi32_epi8(high));
  sums[0] = _mm512_reduce_add_epi32(low);
  sums[1] = _mm512_reduce_add_epi32(high);
  return _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q) == 0 ? largest / 127.0f : __builtin_nanf("");
}
