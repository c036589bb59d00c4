// Probes for every other processor, and the choice among them. Bytes have no peak here: their products are plain loops.
#include <cstring>

#include "kernels/cpu/probe_tables.h"

namespace tightrope::kernels {
namespace {

constexpr std::size_t kChains = 8, kLanes = 4;
using Vector = float __attribute__((vector_size(kLanes * sizeof(float))));

void fp32_chains(std::size_t rounds) noexcept {
  Vector sums[kChains] = {}, factor = {0.5f, 0.5f, 0.5f, 0.5f}, one = {1, 1, 1, 1};
  volatile float start = 1;  // read for each chain: alike, all would be one chain, computed once
  for (Vector& sum : sums) sum[0] = start;
  for (std::size_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 8
    for (std::size_t k = 0; k < kChains; ++k) sums[k] = sums[k] * factor + one;
  }
  Vector all = {};
  for (const Vector& sum : sums) all += sum;
  [[maybe_unused]] const volatile float kept = all[0] + all[1] + all[2] + all[3];
}

std::uint64_t read(const std::byte* from, std::size_t bytes) noexcept {
  constexpr std::size_t kWords = 16;  // two cache lines
  std::uint64_t sums[kWords] = {};
  for (const std::byte* const end = from + bytes; from < end; from += sizeof sums) {
    __builtin_prefetch(from + kProbeAhead);
    __builtin_prefetch(from + kProbeAhead + sizeof sums / 2);
    std::uint64_t words[kWords];
    std::memcpy(words, from, sizeof words);
    for (std::size_t k = 0; k < kWords; ++k) sums[k] ^= words[k];
  }
  for (std::size_t k = 1; k < kWords; ++k) sums[0] ^= sums[k];
  return sums[0];
}

constexpr PeakLoop kPeaks[] = {{"fp32", "multiply + add, 128 bits", kChains* kLanes * 2, 2 * kChains, fp32_chains, nullptr}};

}  // namespace

extern const ProbeTable kProbeBaseline;
constinit const ProbeTable kProbeBaseline = {kPeaks, read};

const ProbeTable& probe_table(Isa isa) noexcept {
  switch (isa) {
#if defined(__x86_64__)
    case Isa::avx512: return kProbeAvx512;
    case Isa::avxvnni: return kProbeAvxVnni;
    case Isa::avx2: return kProbeAvx2;
#elif defined(__aarch64__)
    case Isa::dotprod: return kProbeDotprod;
#endif
    default: return kProbeBaseline;
  }
}

}  // namespace tightrope::kernels
