// Integer kernels for NEON with dot products. Its instruction multiplies signed bytes: codes of fewer bits are that already, those of 8
// bits lose the 128 that the packed form adds, and with it the start of their sums. (I8MM's product of mixed signs would save that
// subtraction, one in 18 instructions of one format, and is not used.)
#if defined(__aarch64__)
#include <arm_neon.h>

#include <hwy/base.h>

#include <cstring>
#include <type_traits>

#include "kernels/cpu/integer_layout.h"
#include "kernels/cpu/packed_tables.h"

HWY_PUSH_ATTRIBUTES("arch=armv8.2-a+dotprod");
namespace tightrope::kernels {
namespace {

#include "kernels/cpu/integer_neon.inl.h"

struct Ops : NeonOps {
  template <int kFactor>
  static HWY_INLINE Ints times(const std::int32_t* sum) {
    return kFactor == 128 ? zero() : NeonOps::times<kFactor>(sum);
  }
  template <bool kBytes>
  static HWY_INLINE Ints dot(const Ints& sums, const Codes& weights, int8x16_t four) {
    return each<Ints>([&](std::size_t i) {
      const uint8x16_t codes = kBytes ? veorq_u8(weights.part[i], vdupq_n_u8(128)) : weights.part[i];
      return vdotq_s32(sums.part[i], vreinterpretq_s8_u8(codes), four);
    });
  }
};

#include "kernels/cpu/integer_tile.inl.h"

}  // namespace

constinit const PackedTable kIntegerDotprod = kProducts;

}  // namespace tightrope::kernels
HWY_POP_ATTRIBUTES
#endif
