// Probes for AVX-512: 32 registers, so 16 chains hide any latency.
#if defined(__x86_64__)
#include <immintrin.h>

#include <hwy/base.h>

#include "kernels/cpu/probe_tables.h"

namespace tightrope::kernels {
namespace {
constexpr std::size_t kChains = 16;
}
}  // namespace tightrope::kernels

HWY_PUSH_ATTRIBUTES("avx,avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni");
namespace tightrope::kernels {
namespace {

void int8_chains(std::size_t rounds) noexcept {
  __m512i a = _mm512_set1_epi8(3), b = _mm512_set1_epi8(1), sums[kChains] = {};
  asm volatile("" : "+v"(a), "+v"(b));
  HWY_UNROLL(16)
  for (std::size_t k = 0; k < kChains; ++k) asm volatile("" : "+v"(sums[k]));  // else all are one chain, computed once
  for (std::size_t i = 0; i < rounds; ++i) {
    HWY_UNROLL(16)
    for (std::size_t k = 0; k < kChains; ++k) sums[k] = _mm512_dpbusd_epi32(sums[k], a, b);
  }
  HWY_UNROLL(16)
  for (std::size_t k = 0; k < kChains; ++k) asm volatile("" ::"v"(sums[k]));
}

void fp32_chains(std::size_t rounds) noexcept {
  __m512 a = _mm512_set1_ps(0.5f), b = _mm512_set1_ps(1.0f), sums[kChains] = {};
  asm volatile("" : "+v"(a), "+v"(b));
  HWY_UNROLL(16)
  for (std::size_t k = 0; k < kChains; ++k) asm volatile("" : "+v"(sums[k]));  // else all are one chain, computed once
  for (std::size_t i = 0; i < rounds; ++i) {
    HWY_UNROLL(16)
    for (std::size_t k = 0; k < kChains; ++k) sums[k] = _mm512_fmadd_ps(sums[k], a, b);
  }
  HWY_UNROLL(16)
  for (std::size_t k = 0; k < kChains; ++k) asm volatile("" ::"v"(sums[k]));
}

std::uint64_t read(const std::byte* from, std::size_t bytes) noexcept {
  constexpr std::size_t kLines = 8, kLine = 64;
  __m512i sums[kLines] = {};
  for (const std::byte* const end = from + bytes; from < end; from += kLines * kLine) {
    HWY_UNROLL(8)
    for (std::size_t k = 0; k < kLines; ++k) {
      _mm_prefetch(reinterpret_cast<const char*>(from + k * kLine + kProbeAhead), _MM_HINT_T0);  // beyond the end it does nothing
      sums[k] = _mm512_xor_si512(sums[k], _mm512_load_si512(from + k * kLine));
    }
  }
  HWY_UNROLL(8)
  for (std::size_t k = 1; k < kLines; ++k) sums[0] = _mm512_xor_si512(sums[0], sums[k]);
  alignas(kLine) std::uint64_t words[8];
  _mm512_store_si512(words, sums[0]);
  for (std::size_t k = 1; k < 8; ++k) words[0] ^= words[k];
  return words[0];
}

}  // namespace
}  // namespace tightrope::kernels
HWY_POP_ATTRIBUTES

HWY_PUSH_ATTRIBUTES("avx,avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16");
namespace tightrope::kernels {
namespace {

void bf16_chains(std::size_t rounds) noexcept {
  __m512i ones = _mm512_set1_epi16(0x3f80);
  asm volatile("" : "+v"(ones));
  const auto a = reinterpret_cast<__m512bh>(ones);
  __m512 sums[kChains] = {};
  HWY_UNROLL(16)
  for (std::size_t k = 0; k < kChains; ++k) asm volatile("" : "+v"(sums[k]));  // else all are one chain, computed once
  for (std::size_t i = 0; i < rounds; ++i) {
    HWY_UNROLL(16)
    for (std::size_t k = 0; k < kChains; ++k) sums[k] = _mm512_dpbf16_ps(sums[k], a, a);
  }
  HWY_UNROLL(16)
  for (std::size_t k = 0; k < kChains; ++k) asm volatile("" ::"v"(sums[k]));
}

}  // namespace
}  // namespace tightrope::kernels
HWY_POP_ATTRIBUTES

namespace tightrope::kernels {
namespace {

bool has_bf16() noexcept { return __builtin_cpu_supports("avx512bf16") != 0; }

constexpr PeakLoop kPeaks[] = {{"fp32", "vfmadd, 512 bits", 16 * 16 * 2, 16, fp32_chains, nullptr},
                               {"bf16", "vdpbf16ps, 512 bits", 16 * 32 * 2, 16, bf16_chains, has_bf16},
                               {"int8", "vpdpbusd, 512 bits", 16 * 64 * 2, 16, int8_chains, nullptr}};

}  // namespace

extern const ProbeTable kProbeAvx512, kProbeAvx512Vnni;
constinit const ProbeTable kProbeAvx512 = {std::span<const PeakLoop>(kPeaks, 2), read};
constinit const ProbeTable kProbeAvx512Vnni = {std::span<const PeakLoop>(kPeaks), read};

}  // namespace tightrope::kernels
#endif
