// Probes for NEON with dot products: 32 registers, so 16 chains hide any latency.
#if defined(__aarch64__)
#include <arm_neon.h>

#include <hwy/base.h>

#include "kernels/cpu/probe_tables.h"

HWY_PUSH_ATTRIBUTES("arch=armv8.2-a+dotprod");
namespace tightrope::kernels {
namespace {

template <class T>
HWY_INLINE void hold(T& value) {
  asm volatile("" : "+w"(value));
}
#include "kernels/cpu/probe_chains.inl.h"

struct Chain {
  static constexpr std::size_t kChains = 16;
  static constexpr bool kFresh = false;
};
struct Int8 : Chain {
  using Sum = int32x4_t;
  static HWY_INLINE int8x16_t a() { return vdupq_n_s8(3); }
  static HWY_INLINE int8x16_t b() { return vdupq_n_s8(1); }
  static HWY_INLINE int32x4_t step(int32x4_t sum, int8x16_t a, int8x16_t b) { return vdotq_s32(sum, a, b); }
};
struct Fp32 : Chain {
  using Sum = float32x4_t;
  static HWY_INLINE float32x4_t a() { return vdupq_n_f32(0.5f); }
  static HWY_INLINE float32x4_t b() { return vdupq_n_f32(1.0f); }
  static HWY_INLINE float32x4_t step(float32x4_t sum, float32x4_t a, float32x4_t b) { return vfmaq_f32(b, sum, a); }
};

struct Reader {
  using Vector = uint64x2_t;
  static constexpr std::size_t kVector = 16;
  static HWY_INLINE Vector load(const std::byte* from) { return vld1q_u64(reinterpret_cast<const std::uint64_t*>(from)); }
  static HWY_INLINE Vector both(Vector a, Vector b) { return veorq_u64(a, b); }
  static HWY_INLINE std::uint64_t fold(Vector v) { return vgetq_lane_u64(v, 0) ^ vgetq_lane_u64(v, 1); }
};

constexpr PeakLoop kPeaks[] = {{"fp32", "fmla, 128 bits", 16 * 4 * 2, 16, chains<Fp32>, nullptr},
                               {"int8", "sdot, 128 bits", 16 * 16 * 2, 16, chains<Int8>, nullptr}};

}  // namespace

constinit const ProbeTable kProbeDotprod = {kPeaks, read<Reader>};

}  // namespace tightrope::kernels
HWY_POP_ATTRIBUTES
#endif
