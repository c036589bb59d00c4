// Which instruction sets the vector kernels are compiled for; included before any Highway header in every kernel source.
#pragma once

// SSSE3-only machines (older than 2008) get the scalar code. The baseline pass compiles to nothing: it is the scalar code too.
#define HWY_DISABLED_TARGETS HWY_SSSE3
