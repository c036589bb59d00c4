// Products of bytes with one scale a row for AVX-512 with VNNI: a group's 16 rows are one register.
#if defined(__x86_64__)
#include <immintrin.h>

#include <hwy/base.h>

#include <cstddef>
#include <cstring>

#include "kernels/cpu/packed_tables.h"
#include "kernels/cpu/word_layout.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12's own AVX-512 header passes registers that it leaves undefined
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

HWY_PUSH_ATTRIBUTES("avx,avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni");
namespace tightrope::kernels {
namespace {

#include "kernels/cpu/lanes_avx512.inl.h"

struct Ops : ByteWords, Lanes {
  using Weights = __m512i;
  // Not __m512i, a vector of 64-bit numbers: GCC would keep each sum twice, in both types.
  using Sums = std::int32_t __attribute__((vector_size(64)));
  struct Range {
    float low, high;
    bool ordered;  // no NaN
  };
  // Registers of 32: 24 sums, 2 weights and an input.
  static constexpr std::size_t kTokens = 12, kGroups = 2;

  static HWY_INLINE Weights load(const std::byte* from) { return _mm512_load_si512(from); }
  static HWY_INLINE __m512i broadcast(const std::uint8_t* four) { return broadcast_word(four); }
  static HWY_INLINE Sums add_products(Sums sums, Weights weights, __m512i four) {
    return (Sums)_mm512_dpbusd_epi32((__m512i)sums, four, weights);  // NOLINT: casts of registers
  }
  static HWY_INLINE Sums zero() { return Sums{}; }
  static HWY_INLINE Sums load_ints(const std::byte* from) { return (Sums)_mm512_load_si512(from); }  // NOLINT
  static HWY_INLINE Sums subtract_product(Sums sums, Sums of_codes, std::int32_t zero) {
    const __m512i product = _mm512_mullo_epi32((__m512i)of_codes, _mm512_set1_epi32(zero));  // NOLINT
    return (Sums)_mm512_sub_epi32((__m512i)sums, product);                                   // NOLINT
  }
  static HWY_INLINE Floats load_floats(const std::byte* from) { return _mm512_load_ps(from); }
  static HWY_INLINE Floats to_floats(Sums sums) { return _mm512_cvtepi32_ps((__m512i)sums); }  // NOLINT
  static HWY_INLINE Floats mul(Floats a, float b) { return _mm512_mul_ps(a, _mm512_set1_ps(b)); }
  static HWY_INLINE Floats fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }

  static HWY_INLINE __mmask16 some(std::size_t left) { return left < 16 ? static_cast<__mmask16>((1u << left) - 1u) : __mmask16{0xffff}; }
  static HWY_INLINE Range range_of(const float* x, std::size_t length) {
    __m512 low = _mm512_setzero_ps(), high = low;
    __mmask16 unordered = 0;
    for (std::size_t i = 0; i < length; i += 16) {
      const __m512 values = _mm512_maskz_loadu_ps(some(length - i), x + i);
      low = _mm512_min_ps(low, values);
      high = _mm512_max_ps(high, values);
      unordered = static_cast<__mmask16>(unordered | _mm512_cmp_ps_mask(values, values, _CMP_UNORD_Q));
    }
    return {_mm512_reduce_min_ps(low), _mm512_reduce_max_ps(high), unordered == 0};
  }
  static HWY_INLINE std::int32_t nearest(float x) { return _mm_cvtss_si32(_mm_set_ss(x)); }
  static HWY_INLINE void round(const float* x, std::size_t length, float inverse, std::int32_t zero, std::uint8_t* codes) {
    const __m512 times = _mm512_set1_ps(inverse);
    const __m512i offset = _mm512_set1_epi32(zero), nothing = _mm512_setzero_si512();
    for (std::size_t i = 0; i < length; i += 16) {
      const __mmask16 mask = some(length - i);
      const __m512i code = _mm512_add_epi32(_mm512_cvtps_epi32(_mm512_mul_ps(_mm512_maskz_loadu_ps(mask, x + i), times)), offset);
      _mm512_mask_cvtusepi32_storeu_epi8(codes + i, mask, _mm512_max_epi32(code, nothing));
    }
  }
};

#include "kernels/cpu/word_tile.inl.h"

#include "kernels/cpu/byte_words.inl.h"

}  // namespace

constinit const PackedTable kByteAvx512Vnni = kProducts;

}  // namespace tightrope::kernels
HWY_POP_ATTRIBUTES
#endif
