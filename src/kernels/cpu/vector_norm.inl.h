// Norms of a row: root mean square, layer, and the affine map that some models have in their place.

#if defined(TIGHTROPE_VECTOR_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TIGHTROPE_VECTOR_NORM_INL_H_
#undef TIGHTROPE_VECTOR_NORM_INL_H_
#else
#define TIGHTROPE_VECTOR_NORM_INL_H_
#endif

#include <cmath>

#include "kernels/cpu/vector_load.inl.h"
#include "kernels/ops.h"

HWY_BEFORE_NAMESPACE();
namespace tightrope::kernels::HWY_NAMESPACE {
namespace {

HWY_INLINE float sum_of(const float* x, std::size_t length) {
  Vector sum = hn::Zero(Floats());
  for (std::size_t i = 0; i < length; i += kLanes) sum = hn::Add(sum, load_next(x + i, length - i));
  return sum_one(sum);
}

// The sum of (x - mean)².
HWY_INLINE float squares_of(const float* x, float mean, std::size_t length) {
  const Floats d;
  const Vector centre = hn::Set(d, mean);
  Vector squares = hn::Zero(d);
  std::size_t i = 0;
  for (; i + kLanes <= length; i += kLanes) {
    const Vector deviation = hn::Sub(hn::LoadU(d, x + i), centre);
    squares = hn::MulAdd(deviation, deviation, squares);
  }
  if (i < length) {
    const Vector deviation = hn::IfThenElseZero(hn::FirstN(d, length - i), hn::Sub(load_some(x + i, length - i), centre));
    squares = hn::MulAdd(deviation, deviation, squares);
  }
  return sum_one(squares);
}

// y = (x - mean) * scale * weight + bias
HWY_INLINE void map_row(const NormArguments& a, float mean, float scale) {
  const Vector centre = hn::Set(Floats(), mean), times = hn::Set(Floats(), scale);
  for (std::size_t i = 0; i < a.length; i += kLanes) {
    const std::size_t left = a.length - i;
    const Vector unit = hn::Mul(hn::Sub(load_next(a.x + i, left), centre), times);
    Vector y = hn::Mul(unit, load_next(a.weight + i, left));
    if (a.bias != nullptr) y = hn::Add(y, load_next(a.bias + i, left));
    store_next(y, a.y + i, left);
  }
}

void rms_norm(const NormArguments& a) noexcept {
  map_row(a, 0, 1.0f / std::sqrt(squares_of(a.x, 0, a.length) / static_cast<float>(a.length) + a.epsilon));
}

void layer_norm(const NormArguments& a) noexcept {
  const float mean = sum_of(a.x, a.length) / static_cast<float>(a.length);
  map_row(a, mean, 1.0f / std::sqrt(squares_of(a.x, mean, a.length) / static_cast<float>(a.length) + a.epsilon));
}

void affine(const NormArguments& a) noexcept { map_row(a, 0, 1); }

}  // namespace
}  // namespace tightrope::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
