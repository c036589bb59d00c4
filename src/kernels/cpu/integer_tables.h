// What each instruction set's file of integer kernels gives.
#pragma once

#include <span>

#include "kernels/cpu/integer_layout.h"
#include "kernels/integer.h"

namespace tightrope::formats {
extern const Format q8_0, q6_k, q5_k, q5_1, q5_0, q4_k, q4_1, q4_0, q3_k, q2_k;
}

namespace tightrope::kernels {

// A block of activations with nothing larger is one of zeros: what its codes would be divided by is too small for a float.
inline constexpr float kNothing = 1e-30f;

struct MatmulOfFormat {
  const formats::Format* format;
  void (*matmul)(const IntegerMatmulArguments& arguments) noexcept;
};

struct IntegerTable {
  QuantiseRowFunction quantise_row;
  const MatmulOfFormat* products;
  std::size_t count;
};

extern const IntegerTable kIntegerScalar;
#if defined(__x86_64__)
extern const IntegerTable kIntegerAvx2, kIntegerAvx512Vnni;
#endif

}  // namespace tightrope::kernels
