// Which instruction sets the vector kernels are compiled for; included before any Highway header in every kernel source.
#pragma once

// SSSE3-only machines (older than 2008) get the scalar code. The baseline pass compiles to nothing: it is the scalar code too.
#define HWY_DISABLED_TARGETS HWY_SSSE3

// Whether the pass that is being compiled stands for an Isa: not the baseline, nor the sub-versions of AVX-512.
#define TIGHTROPE_TARGET_COUNTS (HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON)
