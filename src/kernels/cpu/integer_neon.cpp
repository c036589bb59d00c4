// Integer kernels for NEON: products of bytes have 16 bits, and are summed in pairs of 16, then of 32.
#if defined(__aarch64__)
#include <arm_neon.h>

#include <hwy/base.h>

#include <cstring>
#include <type_traits>

#include "kernels/cpu/integer_layout.h"
#include "kernels/cpu/packed_tables.h"

namespace tightrope::kernels {
namespace {

#include "kernels/cpu/integer_neon.inl.h"

struct Ops : NeonOps {
  // Four products to each sum. A pair of products of full bytes exceeds 16 bits; of widened ones nothing does.
  template <bool kBytes>
  static HWY_INLINE int32x4_t dot_one(int32x4_t sums, uint8x16_t weights, int8x16_t four) {
    if constexpr (kBytes) {
      const int16x8_t x = vmovl_s8(vget_low_s8(four));
      const int16x8_t low = vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(weights)));
      const int16x8_t high = vreinterpretq_s16_u16(vmovl_high_u8(weights));
      const int32x4_t first = vpaddq_s32(vmull_s16(vget_low_s16(low), vget_low_s16(x)), vmull_high_s16(low, x));
      const int32x4_t second = vpaddq_s32(vmull_s16(vget_low_s16(high), vget_low_s16(x)), vmull_high_s16(high, x));
      return vaddq_s32(sums, vpaddq_s32(first, second));
    } else {
      const int8x16_t codes = vreinterpretq_s8_u8(weights);
      const int16x8_t low = vmull_s8(vget_low_s8(codes), vget_low_s8(four)), high = vmull_high_s8(codes, four);
      return vpadalq_s16(sums, vpaddq_s16(low, high));  // codes have 6 bits at most
    }
  }
  template <bool kBytes>
  static HWY_INLINE Ints dot(const Ints& sums, const Codes& weights, int8x16_t four) {
    return each<Ints>([&](std::size_t i) { return dot_one<kBytes>(sums.part[i], weights.part[i], four); });
  }
};

#include "kernels/cpu/integer_tile.inl.h"

}  // namespace

constinit const PackedTable kIntegerNeon = kProducts;

}  // namespace tightrope::kernels
#endif
