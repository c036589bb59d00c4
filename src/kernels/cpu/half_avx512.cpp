// Products of 16-bit weights for AVX-512 with BF16: a group's 16 rows are one register.
#if defined(__x86_64__)
#include <immintrin.h>

#include <hwy/base.h>

#include <cstring>

#include "kernels/cpu/packed_tables.h"
#include "kernels/cpu/word_layout.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12's own AVX-512 header passes registers that it leaves undefined
#endif

HWY_PUSH_ATTRIBUTES("avx,avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16");
namespace tightrope::kernels {
namespace {

#include "kernels/cpu/lanes_avx512.inl.h"

struct Ops : HalfWords, Lanes {
  using Weights = __m512i;
  using Sums = Floats;
  // Registers of 32: 24 sums, 2 weights and an input.
  static constexpr std::size_t kTokens = 12, kGroups = 2;

  static HWY_INLINE Weights load(const std::byte* from) { return _mm512_load_si512(from); }
  static HWY_INLINE Weights broadcast(const std::uint16_t* pair) { return broadcast_word(pair); }
  static HWY_INLINE Sums zero() { return zero_floats(); }
  static HWY_INLINE Sums add_products(Sums sums, Weights weights, Weights pair) {
    return _mm512_dpbf16_ps(sums, (__m512bh)weights, (__m512bh)pair);  // NOLINT: a cast of registers
  }
  static HWY_INLINE Floats add(Floats a, Floats b) { return _mm512_add_ps(a, b); }

  static HWY_INLINE __m512 without_nothing(__m512 x) {
    const __m512 magnitude = _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(0x7fffffff)));
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(magnitude, _mm512_set1_ps(kHalfNothing), _CMP_NLT_UQ), x);
  }
  static HWY_INLINE void round(const float* x, std::uint16_t* to) {
    const __m512 low = without_nothing(_mm512_loadu_ps(x)), high = without_nothing(_mm512_loadu_ps(x + 16));
    _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh(high, low));  // NOLINT: a cast of registers
  }
};

#include "kernels/cpu/word_tile.inl.h"

#include "kernels/cpu/half_words.inl.h"

}  // namespace

constinit const PackedTable kHalfAvx512Bf16 = kProducts;

}  // namespace tightrope::kernels
HWY_POP_ATTRIBUTES
#endif
