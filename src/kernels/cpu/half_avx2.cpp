// Products of 16-bit weights for AVX2: a group's 16 rows are two registers, and a bf16 is the upper half of a float32.
#if defined(__x86_64__)
#include <immintrin.h>

#include <hwy/base.h>

#include <cstring>

#include "kernels/cpu/packed_tables.h"
#include "kernels/cpu/word_layout.h"

HWY_PUSH_ATTRIBUTES("avx,avx2,fma");
namespace tightrope::kernels {
namespace {

#include "kernels/cpu/lanes_avx2.inl.h"

struct Ops : HalfWords, Lanes {
  using Sums = Floats;
  struct Weights {
    Floats even, odd;
  };
  struct Pair {
    __m256 even, odd;
  };
  // Registers of 16: 8 sums, 4 of weights and 2 inputs.
  static constexpr std::size_t kTokens = 4, kGroups = 1;

  static HWY_INLINE __m256 even(__m256i pairs) { return _mm256_castsi256_ps(_mm256_slli_epi32(pairs, 16)); }
  static HWY_INLINE __m256 odd(__m256i pairs) {
    return _mm256_castsi256_ps(_mm256_and_si256(pairs, _mm256_set1_epi32(static_cast<int>(0xffff0000))));
  }
  static HWY_INLINE Weights load(const std::byte* from) {
    const __m256i low = load_one(from), high = load_one(from + 32);
    return {{even(low), even(high)}, {odd(low), odd(high)}};
  }
  static HWY_INLINE Pair broadcast(const std::uint16_t* pair) {
    const __m256i word = broadcast_word(pair);
    return {even(word), odd(word)};
  }
  static HWY_INLINE Floats fma(Floats weights, __m256 x, Floats sums) {
    return {_mm256_fmadd_ps(weights.low, x, sums.low), _mm256_fmadd_ps(weights.high, x, sums.high)};
  }
  static HWY_INLINE Sums zero() { return zero_floats(); }
  static HWY_INLINE Sums add_products(Sums sums, const Weights& weights, const Pair& pair) {
    return fma(weights.even, pair.even, fma(weights.odd, pair.odd, sums));
  }
  static HWY_INLINE Floats add(Floats a, Floats b) { return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)}; }

  // 8 values to bf16 in the low halves of their lanes: to nearest, ties to even; what is no number stays none; next to nothing is zero.
  static HWY_INLINE __m256i round_eight(const float* from) {
    const __m256 x = _mm256_loadu_ps(from), magnitude = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
    const __m256i bits = _mm256_castps_si256(x), high = _mm256_srli_epi32(bits, 16);
    const __m256i ties = _mm256_add_epi32(_mm256_and_si256(high, _mm256_set1_epi32(1)), _mm256_set1_epi32(0x7fff));
    const __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(bits, ties), 16);
    const __m256i unordered = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));
    const __m256i something = _mm256_castps_si256(_mm256_cmp_ps(magnitude, _mm256_set1_ps(kHalfNothing), _CMP_NLT_UQ));
    const __m256i quiet = _mm256_or_si256(high, _mm256_set1_epi32(0x40));
    return _mm256_and_si256(_mm256_blendv_epi8(rounded, quiet, unordered), something);
  }
  static HWY_INLINE void round(const float* x, std::uint16_t* to) {
    for (std::size_t i = 0; i < 32; i += 16) {
      const __m256i packed = _mm256_packus_epi32(round_eight(x + i), round_eight(x + i + 8));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i), _mm256_permute4x64_epi64(packed, 0xd8));
    }
  }
};

#include "kernels/cpu/word_tile.inl.h"

#include "kernels/cpu/half_words.inl.h"

}  // namespace

constinit const PackedTable kHalfAvx2 = kProducts;

}  // namespace tightrope::kernels
HWY_POP_ATTRIBUTES
#endif
