// Products of bytes with one scale a row for AVX2: a group's 16 rows are two registers; bytes are multiplied as pairs of 16 bits, because a
// pair of products of bytes may exceed those.
#if defined(__x86_64__)
#include <immintrin.h>

#include <hwy/base.h>

#include <cstddef>
#include <cstring>

#include "kernels/cpu/packed_tables.h"
#include "kernels/cpu/word_layout.h"

HWY_PUSH_ATTRIBUTES("avx,avx2,fma");
namespace tightrope::kernels {
namespace {

#include "kernels/cpu/lanes_avx2.inl.h"

struct Ops : ByteWords, Lanes {
  struct Sums {
    __m256i low, high;
  };
  // The bytes at even and at odd places, as 16 bits each.
  struct Weights {
    Sums even, odd;
  };
  struct Word {
    __m256i even, odd;
  };
  struct Range {
    float low, high;
    bool ordered;  // no NaN
  };
  // Registers of 16: 8 sums, 4 of weights and 2 inputs.
  static constexpr std::size_t kTokens = 4, kGroups = 1;

  static HWY_INLINE __m256i even(__m256i bytes) { return _mm256_srai_epi16(_mm256_slli_epi16(bytes, 8), 8); }
  static HWY_INLINE __m256i odd(__m256i bytes) { return _mm256_srai_epi16(bytes, 8); }
  static HWY_INLINE Weights load(const std::byte* from) {
    const __m256i low = load_one(from), high = load_one(from + 32);
    return {{even(low), even(high)}, {odd(low), odd(high)}};
  }
  static HWY_INLINE Word broadcast(const std::uint8_t* four) {
    const __m256i bytes = broadcast_word(four);
    return {_mm256_and_si256(bytes, _mm256_set1_epi16(0xff)), _mm256_srli_epi16(bytes, 8)};
  }
  static HWY_INLINE __m256i add_one(__m256i sums, __m256i even, __m256i odd, const Word& four) {
    return _mm256_add_epi32(_mm256_add_epi32(sums, _mm256_madd_epi16(even, four.even)), _mm256_madd_epi16(odd, four.odd));
  }
  static HWY_INLINE Sums add_products(Sums sums, const Weights& weights, const Word& four) {
    return {add_one(sums.low, weights.even.low, weights.odd.low, four), add_one(sums.high, weights.even.high, weights.odd.high, four)};
  }
  static HWY_INLINE Sums zero() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
  static HWY_INLINE Sums load_ints(const std::byte* from) { return {load_one(from), load_one(from + 32)}; }
  static HWY_INLINE Sums subtract_product(Sums sums, Sums of_codes, std::int32_t zero) {
    const __m256i times = _mm256_set1_epi32(zero);
    return {_mm256_sub_epi32(sums.low, _mm256_mullo_epi32(of_codes.low, times)),
            _mm256_sub_epi32(sums.high, _mm256_mullo_epi32(of_codes.high, times))};
  }
  static HWY_INLINE Floats load_floats(const std::byte* from) {
    const auto* at = reinterpret_cast<const float*>(from);
    return {_mm256_load_ps(at), _mm256_load_ps(at + 8)};
  }
  static HWY_INLINE Floats to_floats(Sums sums) { return {_mm256_cvtepi32_ps(sums.low), _mm256_cvtepi32_ps(sums.high)}; }
  static HWY_INLINE Floats mul(Floats a, float b) {
    const __m256 times = _mm256_set1_ps(b);
    return {_mm256_mul_ps(a.low, times), _mm256_mul_ps(a.high, times)};
  }
  static HWY_INLINE Floats fma(Floats a, Floats b, Floats c) {
    return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
  }

  static HWY_INLINE float at(__m256 values, std::size_t i) {
    alignas(32) float each[8];
    _mm256_store_ps(each, values);
    return each[i];
  }
  static HWY_INLINE Range range_of(const float* x, std::size_t length) {
    __m256 low = _mm256_setzero_ps(), high = low, unordered = low;
    const std::size_t whole = length / 8 * 8;
    for (std::size_t i = 0; i < whole; i += 8) {
      const __m256 values = _mm256_loadu_ps(x + i);
      low = _mm256_min_ps(low, values);
      high = _mm256_max_ps(high, values);
      unordered = _mm256_or_ps(unordered, _mm256_cmp_ps(values, values, _CMP_UNORD_Q));
    }
    Range range{0, 0, _mm256_movemask_ps(unordered) == 0};
    for (std::size_t i = 0; i < 8; ++i) range = join(range, at(low, i), at(high, i));
    for (std::size_t i = whole; i < length; ++i) range = join(range, x[i], x[i]);
    return range;
  }
  static HWY_INLINE Range join(const Range& range, float low, float high) {
    return {low < range.low ? low : range.low, high > range.high ? high : range.high, range.ordered && low == low};
  }
  static HWY_INLINE std::int32_t nearest(float x) { return _mm_cvtss_si32(_mm_set_ss(x)); }
  static HWY_INLINE void round(const float* x, std::size_t length, float inverse, std::int32_t zero, std::uint8_t* codes) {
    const __m256 times = _mm256_set1_ps(inverse);
    const __m256i offset = _mm256_set1_epi32(zero), least = _mm256_setzero_si256(), most = _mm256_set1_epi32(255);
    const std::size_t whole = length / 8 * 8;
    for (std::size_t i = 0; i < whole; i += 8) {
      const __m256i sum = _mm256_add_epi32(_mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + i), times)), offset);
      const __m256i code = _mm256_min_epi32(_mm256_max_epi32(sum, least), most);
      const __m128i halves = _mm_packus_epi32(_mm256_castsi256_si128(code), _mm256_extracti128_si256(code, 1));
      _mm_storel_epi64(reinterpret_cast<__m128i*>(codes + i), _mm_packus_epi16(halves, halves));
    }
    for (std::size_t i = whole; i < length; ++i) {
      const std::int32_t sum = nearest(x[i] * inverse) + zero;
      codes[i] = static_cast<std::uint8_t>(sum < 0 ? 0 : sum > 255 ? 255 : sum);
    }
  }
};

#include "kernels/cpu/word_tile.inl.h"

#include "kernels/cpu/byte_words.inl.h"

}  // namespace

constinit const PackedTable kByteAvx2 = kProducts;

}  // namespace tightrope::kernels
HWY_POP_ATTRIBUTES
#endif
