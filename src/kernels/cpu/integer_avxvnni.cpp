// Integer kernels for AVX2 with VNNI: one instruction multiplies and sums bytes.
#if defined(__x86_64__)
#include <immintrin.h>

#include <hwy/base.h>

#include <cstring>
#include <type_traits>

#include "kernels/cpu/integer_layout.h"
#include "kernels/cpu/packed_tables.h"

HWY_PUSH_ATTRIBUTES("avx,avx2,fma,f16c,avxvnni");
namespace tightrope::kernels {
namespace {

#include "kernels/cpu/integer_avx2.inl.h"

struct Ops : Avx2Ops {
  template <bool kBytes>
  static HWY_INLINE Ints dot(Ints sums, Codes weights, __m256i four) {
    return {_mm256_dpbusd_avx_epi32(sums.low, weights.low, four), _mm256_dpbusd_avx_epi32(sums.high, weights.high, four)};
  }
};

#include "kernels/cpu/integer_tile.inl.h"

}  // namespace

constinit const PackedTable kIntegerAvxVnni = kProducts;

}  // namespace tightrope::kernels
HWY_POP_ATTRIBUTES
#endif
