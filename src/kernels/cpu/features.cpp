// Asks the processor (x86-64) or the system (AArch64) for features.
#include "kernels/cpu/features.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace tightrope::kernels {

#if defined(__x86_64__)

// By hand, because not every compiler has a name for it: leaf 7.1, EAX, bit 4. That the system saves AVX registers is AVX2's to find out.
bool has_avxvnni() noexcept {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __builtin_cpu_supports("avx2") != 0 && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a >> 4 & 1) != 0;
}
bool has_avx512vnni() noexcept { return __builtin_cpu_supports("avx512vnni") != 0; }
bool has_avx512bf16() noexcept { return __builtin_cpu_supports("avx512bf16") != 0; }
bool has_neon() noexcept { return false; }
bool has_dotprod() noexcept { return false; }

#else

bool has_avxvnni() noexcept { return false; }
bool has_avx512vnni() noexcept { return false; }
bool has_avx512bf16() noexcept { return false; }

#if defined(__aarch64__)
bool has_neon() noexcept { return true; }  // part of AArch64
bool has_dotprod() noexcept { return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0; }
#else
bool has_neon() noexcept { return false; }
bool has_dotprod() noexcept { return false; }
#endif

#endif

}  // namespace tightrope::kernels
