// What the integer kernels of AVX2 and of AVX-VNNI have in common: all but the product of bytes. Included between the attributes.
#pragma once

#include "kernels/cpu/lanes_avx2.inl.h"

struct Avx2Ops : Lanes {
  // Two registers as one of twice the width.
  struct Ints {
    __m256i low, high;
  };
  using Codes = Ints;
  // Registers of 16: 2 tokens are 4 sums and 4 results.
  static constexpr std::size_t kFewTokens = 2, kManyTokens = 2, kManyGroups = 1;
  static constexpr std::size_t kMostFewTokens = 4;

  static HWY_INLINE Codes load(const std::byte* from) { return {load_one(from), load_one(from + 32)}; }
  static HWY_INLINE void store(Codes codes, std::byte* to) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(to), codes.low);
    _mm256_store_si256(reinterpret_cast<__m256i*>(to + 32), codes.high);
  }
  template <int kShift, int kBits, int kTo>
  static HWY_INLINE __m256i field_of(__m256i codes) {
    const __m256i moved = kShift > kTo   ? _mm256_srli_epi16(codes, kShift > kTo ? kShift - kTo : 0)
                          : kShift < kTo ? _mm256_slli_epi16(codes, kShift < kTo ? kTo - kShift : 0)
                                         : codes;
    return _mm256_and_si256(moved, _mm256_set1_epi8(static_cast<char>(((1 << kBits) - 1) << kTo)));
  }
  template <int kShift, int kBits, int kTo>
  static HWY_INLINE Codes field(Codes codes) {
    return {field_of<kShift, kBits, kTo>(codes.low), field_of<kShift, kBits, kTo>(codes.high)};
  }
  static HWY_INLINE Codes join(Codes a, Codes b) { return {_mm256_or_si256(a.low, b.low), _mm256_or_si256(a.high, b.high)}; }

  static HWY_INLINE Codes raised_levels(Codes codes) {
    const __m256i table = _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(kRaisedLevels.data())));
    return {_mm256_shuffle_epi8(table, codes.low), _mm256_shuffle_epi8(table, codes.high)};
  }

  static HWY_INLINE Ints zero() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
  template <int kFactor>  // a power of two
  static HWY_INLINE Ints times(const std::int32_t* sum) {
    const __m256i start = _mm256_set1_epi32(*sum * kFactor);
    return {start, start};
  }
  static HWY_INLINE __m256i broadcast(const std::int8_t* four) { return broadcast_word(four); }
  static HWY_INLINE Floats to_floats(Ints values) { return {_mm256_cvtepi32_ps(values.low), _mm256_cvtepi32_ps(values.high)}; }
  static HWY_INLINE Floats mul(Floats a, Floats b) { return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)}; }
  static HWY_INLINE Floats fma(Floats a, Floats b, Floats c) {
    return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
  }
  static HWY_INLINE Floats negate(Floats a) {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    return {_mm256_xor_ps(a.low, sign), _mm256_xor_ps(a.high, sign)};
  }
  static HWY_INLINE Floats broadcast_float(const float* from) {
    const __m256 value = _mm256_broadcast_ss(from);
    return {value, value};
  }
  static HWY_INLINE Floats load_floats(const std::byte* from) {
    const auto* at = reinterpret_cast<const float*>(from);
    return {_mm256_load_ps(at), _mm256_load_ps(at + 8)};
  }
  static HWY_INLINE void store_floats(Floats values, std::byte* to) {
    auto* at = reinterpret_cast<float*>(to);
    _mm256_store_ps(at, values.low);
    _mm256_store_ps(at + 8, values.high);
  }
  static HWY_INLINE __m128i load_bytes(const std::byte* from) { return _mm_load_si128(reinterpret_cast<const __m128i*>(from)); }
  static HWY_INLINE Floats load_halves(const std::byte* from) {
    return {_mm256_cvtph_ps(load_bytes(from)), _mm256_cvtph_ps(load_bytes(from + 16))};
  }
  static HWY_INLINE Floats widen(__m128i bytes) {
    return to_floats({_mm256_cvtepu8_epi32(bytes), _mm256_cvtepu8_epi32(_mm_srli_si128(bytes, 8))});
  }
  static HWY_INLINE Floats load_signed(const std::byte* from) {
    const __m128i bytes = load_bytes(from);
    return to_floats({_mm256_cvtepi8_epi32(bytes), _mm256_cvtepi8_epi32(_mm_srli_si128(bytes, 8))});
  }
  static HWY_INLINE Floats load_unsigned(const std::byte* from) { return widen(load_bytes(from)); }
  static HWY_INLINE Floats load_low_nibbles(const std::byte* from) { return widen(_mm_and_si128(load_bytes(from), _mm_set1_epi8(15))); }
  static HWY_INLINE Floats load_high_nibbles(const std::byte* from) {
    return widen(_mm_and_si128(_mm_srli_epi16(load_bytes(from), 4), _mm_set1_epi8(15)));
  }
};

HWY_INLINE int sum_of(__m256i values) {
  __m128i four = _mm_add_epi32(_mm256_castsi256_si128(values), _mm256_extracti128_si256(values, 1));
  four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1)));
}

HWY_INLINE float largest_of(__m256 values) {
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(values), _mm256_extractf128_ps(values, 1));
  four = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(four, _mm_shuffle_ps(four, four, 1)));
}

// 16 values to codes and their sum.
HWY_INLINE int put_half(__m256 a, __m256 b, __m256 inverse, std::int8_t* codes) {
  const __m256i low = _mm256_cvtps_epi32(_mm256_mul_ps(a, inverse)), high = _mm256_cvtps_epi32(_mm256_mul_ps(b, inverse));
  const __m256i shorts = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
  const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(shorts), _mm256_extracti128_si256(shorts, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(codes), bytes);
  const __m256i widened = _mm256_cvtepi8_epi16(bytes);
  return sum_of(_mm256_madd_epi16(widened, _mm256_set1_epi16(1)));
}

HWY_INLINE float round_block(const float* x, std::int8_t* codes, std::int32_t (&sums)[2]) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  __m256 values[4], largest = _mm256_setzero_ps(), unordered = _mm256_setzero_ps();
  for (std::size_t i = 0; i < 4; ++i) {
    values[i] = _mm256_loadu_ps(x + 8 * i);
    largest = _mm256_max_ps(largest, _mm256_andnot_ps(sign, values[i]));
    unordered = _mm256_or_ps(unordered, _mm256_cmp_ps(values[i], values[i], _CMP_UNORD_Q));
  }
  const float top = largest_of(largest), inverse = top > kNothing ? 127.0f / top : 0.0f;
  for (std::size_t half = 0; half < 2; ++half)
    sums[half] = put_half(values[2 * half], values[2 * half + 1], _mm256_set1_ps(inverse), codes + 16 * half);
  return _mm256_movemask_ps(unordered) == 0 ? top / 127.0f : __builtin_nanf("");
}
