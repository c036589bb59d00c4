// Probes for AVX2 and AVX-VNNI: 16 registers, of which 12 are chains.
#if defined(__x86_64__)
#include <immintrin.h>

#include <hwy/base.h>

#include "kernels/cpu/probe_tables.h"

HWY_PUSH_ATTRIBUTES("avx,avx2,fma,f16c,avxvnni");
namespace tightrope::kernels {
namespace {

template <class T>
HWY_INLINE void hold(T& value) {
  asm volatile("" : "+x"(value));
}
#include "kernels/cpu/probe_chains.inl.h"

struct Bytes {
  using Sum = __m256i;
  static HWY_INLINE __m256i a() { return _mm256_set1_epi8(3); }
  static HWY_INLINE __m256i b() { return _mm256_set1_epi8(1); }
};
// Bytes multiply in three instructions here: products in pairs of 16 bits, pairs of those in 32, their sum.
struct Int8 : Bytes {
  static constexpr std::size_t kChains = 8;
  static constexpr bool kFresh = true;
  static HWY_INLINE __m256i step(__m256i sum, __m256i a, __m256i b) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), _mm256_set1_epi16(1)));
  }
};
struct Int8Vnni : Bytes {
  static constexpr std::size_t kChains = 12;
  static constexpr bool kFresh = false;
  static HWY_INLINE __m256i step(__m256i sum, __m256i a, __m256i b) { return _mm256_dpbusd_avx_epi32(sum, a, b); }
};
struct Fp32 {
  using Sum = __m256;
  static constexpr std::size_t kChains = 12;
  static constexpr bool kFresh = false;
  static HWY_INLINE __m256 a() { return _mm256_set1_ps(0.5f); }
  static HWY_INLINE __m256 b() { return _mm256_set1_ps(1.0f); }
  static HWY_INLINE __m256 step(__m256 sum, __m256 a, __m256 b) { return _mm256_fmadd_ps(sum, a, b); }
};

struct Reader {
  using Vector = __m256i;
  static constexpr std::size_t kVector = 32;
  static HWY_INLINE Vector load(const std::byte* from) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(from)); }
  static HWY_INLINE Vector both(Vector a, Vector b) { return _mm256_xor_si256(a, b); }
  static HWY_INLINE std::uint64_t fold(Vector v) {
    return static_cast<std::uint64_t>(_mm256_extract_epi64(v, 0) ^ _mm256_extract_epi64(v, 1) ^ _mm256_extract_epi64(v, 2) ^
                                      _mm256_extract_epi64(v, 3));
  }
};

constexpr PeakLoop kFloats = {"fp32", "vfmadd, 256 bits", 12 * 8 * 2, 12, chains<Fp32>, nullptr};
constexpr PeakLoop kPeaks[] = {kFloats, {"int8", "vpmaddubsw + vpmaddwd + vpaddd, 256 bits", 8 * 32 * 2, 24, chains<Int8>, nullptr}};
constexpr PeakLoop kPeaksVnni[] = {kFloats, {"int8", "vpdpbusd, 256 bits", 12 * 32 * 2, 12, chains<Int8Vnni>, nullptr}};

}  // namespace

constinit const ProbeTable kProbeAvx2 = {kPeaks, read<Reader>}, kProbeAvxVnni = {kPeaksVnni, read<Reader>};

}  // namespace tightrope::kernels
HWY_POP_ATTRIBUTES
#endif
