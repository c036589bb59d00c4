// Integer kernels for AVX2: products of bytes are summed in pairs of 16 bits, then of 32.
#if defined(__x86_64__)
#include <immintrin.h>

#include <hwy/base.h>

#include <cstring>
#include <type_traits>

#include "kernels/cpu/integer_layout.h"
#include "kernels/cpu/packed_tables.h"

HWY_PUSH_ATTRIBUTES("avx,avx2,fma,f16c");
namespace tightrope::kernels {
namespace {

#include "kernels/cpu/integer_avx2.inl.h"

struct Ops : Avx2Ops {
  static HWY_INLINE __m256i add_products(__m256i sums, __m256i weights, __m256i four) {
    return _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_maddubs_epi16(weights, four), _mm256_set1_epi16(1)));
  }
  // A pair of products of full bytes exceeds 16 bits; without the top bit it does not, nor do those of the top bit alone.
  template <bool kBytes>
  static HWY_INLINE __m256i dot_one(__m256i sums, __m256i weights, __m256i four) {
    if constexpr (!kBytes) return add_products(sums, weights, four);
    const __m256i top = _mm256_set1_epi8(-128);
    return add_products(add_products(sums, _mm256_andnot_si256(top, weights), four), _mm256_and_si256(top, weights), four);
  }
  template <bool kBytes>
  static HWY_INLINE Ints dot(Ints sums, Codes weights, __m256i four) {
    return {dot_one<kBytes>(sums.low, weights.low, four), dot_one<kBytes>(sums.high, weights.high, four)};
  }
};

#include "kernels/cpu/integer_tile.inl.h"

}  // namespace

constinit const PackedTable kIntegerAvx2 = kProducts;

}  // namespace tightrope::kernels
HWY_POP_ATTRIBUTES
#endif
