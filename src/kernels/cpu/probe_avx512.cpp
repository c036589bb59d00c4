// Probes for AVX-512: 32 registers, so 16 chains hide any latency.
#if defined(__x86_64__)
#include <immintrin.h>

#include <hwy/base.h>

#include "kernels/cpu/features.h"
#include "kernels/cpu/probe_tables.h"

HWY_PUSH_ATTRIBUTES("avx,avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16");
namespace tightrope::kernels {
namespace {

template <class T>
HWY_INLINE void hold(T& value) {
  asm volatile("" : "+v"(value));
}
#include "kernels/cpu/probe_chains.inl.h"

struct Chain {
  static constexpr std::size_t kChains = 16;
  static constexpr bool kFresh = false;
};
struct Int8 : Chain {
  using Sum = __m512i;
  static HWY_INLINE __m512i a() { return _mm512_set1_epi8(3); }
  static HWY_INLINE __m512i b() { return _mm512_set1_epi8(1); }
  static HWY_INLINE __m512i step(__m512i sum, __m512i a, __m512i b) { return _mm512_dpbusd_epi32(sum, a, b); }
};
struct Fp32 : Chain {
  using Sum = __m512;
  static HWY_INLINE __m512 a() { return _mm512_set1_ps(0.5f); }
  static HWY_INLINE __m512 b() { return _mm512_set1_ps(1.0f); }
  static HWY_INLINE __m512 step(__m512 sum, __m512 a, __m512 b) { return _mm512_fmadd_ps(sum, a, b); }
};
struct Bf16 : Chain {
  using Sum = __m512;
  static HWY_INLINE __m512i a() { return _mm512_set1_epi16(0x3f80); }
  static HWY_INLINE __m512i b() { return a(); }
  static HWY_INLINE __m512 step(__m512 sum, __m512i a, __m512i b) {
    return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);  // NOLINT: a cast of registers
  }
};

struct Reader {
  using Vector = __m512i;
  static constexpr std::size_t kVector = 64;
  static HWY_INLINE Vector load(const std::byte* from) { return _mm512_load_si512(from); }
  static HWY_INLINE Vector both(Vector a, Vector b) { return _mm512_xor_si512(a, b); }
  static HWY_INLINE std::uint64_t fold(Vector v) {
    alignas(64) std::uint64_t words[8];
    _mm512_store_si512(words, v);
    for (std::size_t k = 1; k < 8; ++k) words[0] ^= words[k];
    return words[0];
  }
};

constexpr PeakLoop kPeaks[] = {{"fp32", "vfmadd, 512 bits", 16 * 16 * 2, 16, chains<Fp32>, nullptr},
                               {"bf16", "vdpbf16ps, 512 bits", 16 * 32 * 2, 16, chains<Bf16>, has_avx512bf16},
                               {"int8", "vpdpbusd, 512 bits", 16 * 64 * 2, 16, chains<Int8>, has_avx512vnni}};

}  // namespace

constinit const ProbeTable kProbeAvx512 = {kPeaks, read<Reader>};

}  // namespace tightrope::kernels
HWY_POP_ATTRIBUTES
#endif
