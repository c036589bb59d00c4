// What each instruction set's file of attention kernels gives beyond the common vector code.
#pragma once

#include "kernels/ops.h"

namespace tightrope::kernels {

#if defined(__x86_64__)
// For Cell::bf16; needs AVX-512 with BF16.
void attend_halves_avx512(const AttentionArguments& arguments) noexcept;
#endif

}  // namespace tightrope::kernels
