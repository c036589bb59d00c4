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

struct Ops : FloatWords {
  using Weights = __m512;
  using Sums = __m512;
  using Floats = __m512;
  // Registers of 32: 24 sums, 2 weights and an input.
  static constexpr std::size_t kTokens = 12, kGroups = 2;

  static HWY_INLINE Weights load(const std::byte* from) { return _mm512_load_ps(from); }
  static HWY_INLINE __m512 broadcast(const float* word) { return _mm512_set1_ps(*word); }
  static HWY_INLINE Sums add_products(Sums sums, Weights weights, __m512 word) { return _mm512_fmadd_ps(weights, word, sums); }
  static HWY_INLINE Sums zero() { return _mm512_setzero_ps(); }
  static HWY_INLINE Floats zero_floats() { return _mm512_setzero_ps(); }
  static HWY_INLINE Floats add(Floats a, Floats b) { return _mm512_add_ps(a, b); }

  static HWY_INLINE __mmask16 lanes(std::size_t low, std::size_t high) {
    return static_cast<__mmask16>((0xffffu << low) & (0xffffu >> (16 - high)));
  }
  static HWY_INLINE Floats load_lanes(const float* from, std::size_t low, std::size_t high) {
    return _mm512_maskz_loadu_ps(lanes(low, high), from);
  }
  static HWY_INLINE void store_lanes(Floats values, float* to, std::size_t low, std::size_t high) {
    _mm512_mask_storeu_ps(to, lanes(low, high), values);
  }
  static HWY_INLINE void prefetch(const std::byte* at) { _mm_prefetch(reinterpret_cast<const char*>(at), _MM_HINT_T0); }
};

#include "kernels/cpu/word_tile.inl.h"

#include "kernels/cpu/float_words.inl.h"

}  // namespace

constinit const PackedTable kFloatAvx512 = kProducts;

}  // namespace tightrope::kernels
HWY_POP_ATTRIBUTES
#endif
