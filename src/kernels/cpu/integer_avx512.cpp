// Integer kernels for AVX-512 with VNNI.
#if defined(__x86_64__)
#include <immintrin.h>

#include <hwy/base.h>

#include <cstring>
#include <type_traits>

#include "kernels/cpu/integer_layout.h"
#include "kernels/cpu/packed_tables.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12's own AVX-512 header passes registers that it leaves undefined
#endif

HWY_PUSH_ATTRIBUTES("avx,avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni");
namespace tightrope::kernels {
namespace {

#include "kernels/cpu/integer_avx512.inl.h"

using Ops = Avx512Ops;

#include "kernels/cpu/integer_tile.inl.h"

}  // namespace

constinit const PackedTable kIntegerAvx512Vnni = kProducts;

}  // namespace tightrope::kernels
HWY_POP_ATTRIBUTES
#endif
