// Products of packed float32 for AVX-512: a group's 16 rows are one register.
#if defined(__x86_64__)
#include <immintrin.h>

#include <hwy/base.h>

#include <cstring>

#include "kernels/cpu/packed_tables.h"
#include "kernels/cpu/word_layout.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12's own AVX-512 header passes registers that it leaves undefined
#endif

HWY_PUSH_ATTRIBUTES("avx,avx2,fma,avx512f,avx512bw,avx512dq,avx512vl");
namespace tightrope::kernels {
namespace {

#include "kernels/cpu/lanes_avx512.inl.h"

struct Ops : FloatWords, Lanes {
  using Weights = __m512;
  using Sums = __m512;
  // Registers of 32: 24 sums, 2 weights and an input.
  static constexpr std::size_t kTokens = 12, kGroups = 2;

  static HWY_INLINE Weights load(const std::byte* from) { return _mm512_load_ps(from); }
  static HWY_INLINE __m512 broadcast(const float* word) { return _mm512_set1_ps(*word); }
  static HWY_INLINE Sums add_products(Sums sums, Weights weights, __m512 word) { return _mm512_fmadd_ps(weights, word, sums); }
  static HWY_INLINE Sums zero() { return _mm512_setzero_ps(); }
  static HWY_INLINE Floats add(Floats a, Floats b) { return _mm512_add_ps(a, b); }
};

#include "kernels/cpu/word_tile.inl.h"

#include "kernels/cpu/float_words.inl.h"

}  // namespace

constinit const PackedTable kFloatAvx512 = kProducts;

}  // namespace tightrope::kernels
HWY_POP_ATTRIBUTES
#endif
