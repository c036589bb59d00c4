// What each file of packed kernels gives: rows of packings, the same for every instruction set, and rows of products.
#pragma once

#include <span>

#include "kernels/packed.h"

namespace tightrope::kernels {

struct PackedProduct {
  const formats::Format* format;
  const Preparation* preparation;
  void (*matmul)(const PackedMatmulArguments& arguments) noexcept;
};
using PackedTable = std::span<const PackedProduct>;

// Formats without their preparations and products.
namespace packed {
extern const PackedFormat bf16, f16;
#define PACKED(name, ...) extern const PackedFormat name;
#include "kernels/cpu/packed/list.inc"
#undef PACKED
}  // namespace packed

extern const PackedTable kIntegerScalar, kHalfScalar;
#if defined(__x86_64__)
extern const PackedTable kIntegerAvx2, kIntegerAvxVnni, kIntegerAvx512Vnni, kHalfAvx2, kHalfAvx512Bf16;
#elif defined(__aarch64__)
extern const PackedTable kIntegerNeon, kIntegerDotprod, kHalfNeon;
#endif

}  // namespace tightrope::kernels
