// Probes for AVX2: 16 registers, of which 12 are chains.
#if defined(__x86_64__)
#include <immintrin.h>

#include <hwy/base.h>

#include "kernels/cpu/probe_tables.h"

HWY_PUSH_ATTRIBUTES("avx,avx2,fma,f16c");
namespace tightrope::kernels {
namespace {

constexpr std::size_t kChains = 12;

// Bytes multiply in three instructions here: products in pairs of 16 bits, pairs of those in 32, their sum.
void int8_chains(std::size_t rounds) noexcept {
  constexpr std::size_t kByteChains = 8;
  __m256i a = _mm256_set1_epi8(3), b = _mm256_set1_epi8(1), ones = _mm256_set1_epi16(1), sums[kByteChains] = {};
  HWY_UNROLL(8)
  for (std::size_t k = 0; k < kByteChains; ++k) asm volatile("" : "+x"(sums[k]));  // else all are one chain, computed once
  for (std::size_t i = 0; i < rounds; ++i) {
    HWY_UNROLL(8)
    for (std::size_t k = 0; k < kByteChains; ++k) {
      asm volatile("" : "+x"(a));  // else the product is computed once
      sums[k] = _mm256_add_epi32(sums[k], _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), ones));
    }
  }
  HWY_UNROLL(8)
  for (std::size_t k = 0; k < kByteChains; ++k) asm volatile("" ::"x"(sums[k]));
}

void fp32_chains(std::size_t rounds) noexcept {
  __m256 a = _mm256_set1_ps(0.5f), b = _mm256_set1_ps(1.0f), sums[kChains] = {};
  asm volatile("" : "+x"(a), "+x"(b));
  HWY_UNROLL(12)
  for (std::size_t k = 0; k < kChains; ++k) asm volatile("" : "+x"(sums[k]));  // else all are one chain, computed once
  for (std::size_t i = 0; i < rounds; ++i) {
    HWY_UNROLL(12)
    for (std::size_t k = 0; k < kChains; ++k) sums[k] = _mm256_fmadd_ps(sums[k], a, b);
  }
  HWY_UNROLL(12)
  for (std::size_t k = 0; k < kChains; ++k) asm volatile("" ::"x"(sums[k]));
}

std::uint64_t read(const std::byte* from, std::size_t bytes) noexcept {
  constexpr std::size_t kVectors = 8, kVector = 32;
  __m256i sums[kVectors] = {};
  for (const std::byte* const end = from + bytes; from < end; from += kVectors * kVector) {
    HWY_UNROLL(8)
    for (std::size_t k = 0; k < kVectors; ++k) {
      if (k % 2 == 0) _mm_prefetch(reinterpret_cast<const char*>(from + k * kVector + kProbeAhead), _MM_HINT_T0);
      sums[k] = _mm256_xor_si256(sums[k], _mm256_load_si256(reinterpret_cast<const __m256i*>(from + k * kVector)));
    }
  }
  HWY_UNROLL(8)
  for (std::size_t k = 1; k < kVectors; ++k) sums[0] = _mm256_xor_si256(sums[0], sums[k]);
  return static_cast<std::uint64_t>(_mm256_extract_epi64(sums[0], 0) ^ _mm256_extract_epi64(sums[0], 1) ^ _mm256_extract_epi64(sums[0], 2) ^
                                    _mm256_extract_epi64(sums[0], 3));
}

constexpr PeakLoop kPeaks[] = {{"fp32", "vfmadd, 256 bits", 12 * 8 * 2, 12, fp32_chains, nullptr},
                               {"int8", "vpmaddubsw + vpmaddwd + vpaddd, 256 bits", 8 * 32 * 2, 24, int8_chains, nullptr}};

}  // namespace

extern const ProbeTable kProbeAvx2;
constinit const ProbeTable kProbeAvx2 = {kPeaks, read};

}  // namespace tightrope::kernels
HWY_POP_ATTRIBUTES
#endif
