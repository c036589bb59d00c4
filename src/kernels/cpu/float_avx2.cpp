// Products of packed float32 for AVX2: a group's 16 rows are two registers.
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

struct Ops : FloatWords, Lanes {
  using Weights = Floats;
  using Sums = Floats;
  // Registers of 16: 12 sums, 2 of weights and an input.
  static constexpr std::size_t kTokens = 6, kGroups = 1;

  static HWY_INLINE Weights load(const std::byte* from) {
    const auto* at = reinterpret_cast<const float*>(from);
    return {_mm256_load_ps(at), _mm256_load_ps(at + 8)};
  }
  static HWY_INLINE __m256 broadcast(const float* word) { return _mm256_broadcast_ss(word); }
  static HWY_INLINE Sums add_products(Sums sums, const Weights& weights, __m256 word) {
    return {_mm256_fmadd_ps(weights.low, word, sums.low), _mm256_fmadd_ps(weights.high, word, sums.high)};
  }
  static HWY_INLINE Sums zero() { return zero_floats(); }
  static HWY_INLINE Floats add(Floats a, Floats b) { return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)}; }
};

#include "kernels/cpu/word_tile.inl.h"

#include "kernels/cpu/float_words.inl.h"

}  // namespace

constinit const PackedTable kFloatAvx2 = kProducts;

}  // namespace tightrope::kernels
HWY_POP_ATTRIBUTES
#endif
