// Rotary positions, addition, scaling, soft caps, log-sum-exp: what goes over a row element by element.

#if defined(TIGHTROPE_VECTOR_ELEMENTWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TIGHTROPE_VECTOR_ELEMENTWISE_INL_H_
#undef TIGHTROPE_VECTOR_ELEMENTWISE_INL_H_
#else
#define TIGHTROPE_VECTOR_ELEMENTWISE_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>

#include <cmath>

#include "kernels/cpu/vector_load.inl.h"

HWY_BEFORE_NAMESPACE();
namespace tightrope::kernels::HWY_NAMESPACE {
namespace {

// e^x to about one unit in the last place. Above 88 the result would leave the range in which Highway's is right.
HWY_INLINE Vector exponential(Vector x) { return hn::Exp(Floats(), hn::Min(x, hn::Set(Floats(), 88.0f))); }

HWY_INLINE float largest_of(const float* x, std::size_t length) {
  const Floats d;
  const Vector lowest = hn::Set(d, -HUGE_VALF);
  Vector largest = lowest;
  std::size_t i = 0;
  for (; i + kLanes <= length; i += kLanes) largest = hn::Max(largest, hn::LoadU(d, x + i));
  if (i < length) largest = hn::Max(largest, hn::IfThenElse(hn::FirstN(d, length - i), load_some(x + i, length - i), lowest));
  return hn::GetLane(hn::MaxOfLanes(d, largest));
}

// cap * tanh(x / cap)
HWY_INLINE Vector capped(Vector x, Vector cap) { return hn::Mul(cap, hn::Tanh(Floats(), hn::Div(x, cap))); }

void rope(float* x, const float* cosine, const float* sine, std::size_t dimensions) noexcept {
  const std::size_t half = dimensions / 2;
  for (std::size_t i = 0; i < half; i += kLanes) {
    const std::size_t left = half - i;
    const Vector real = load_next(x + i, left), imaginary = load_next(x + half + i, left);
    const Vector turn_real = load_next(cosine + i, left), turn_imaginary = load_next(sine + i, left);
    store_next(hn::Sub(hn::Mul(real, turn_real), hn::Mul(imaginary, turn_imaginary)), x + i, left);
    store_next(hn::Add(hn::Mul(imaginary, turn_real), hn::Mul(real, turn_imaginary)), x + half + i, left);
  }
}

void add(float* x, const float* y, std::size_t length) noexcept {
  for (std::size_t i = 0; i < length; i += kLanes) {
    const std::size_t left = length - i;
    store_next(hn::Add(load_next(x + i, left), load_next(y + i, left)), x + i, left);
  }
}

void add_scaled(float* x, const float* y, float factor, std::size_t length) noexcept {
  const Vector times = hn::Set(Floats(), factor);
  for (std::size_t i = 0; i < length; i += kLanes) {
    const std::size_t left = length - i;
    store_next(hn::MulAdd(times, load_next(y + i, left), load_next(x + i, left)), x + i, left);
  }
}

void scale(float* x, float factor, std::size_t length) noexcept {
  const Vector times = hn::Set(Floats(), factor);
  for (std::size_t i = 0; i < length; i += kLanes) store_next(hn::Mul(times, load_next(x + i, length - i)), x + i, length - i);
}

void soft_cap(float* x, float cap, std::size_t length) noexcept {
  const Vector limit = hn::Set(Floats(), cap);
  for (std::size_t i = 0; i < length; i += kLanes) store_next(capped(load_next(x + i, length - i), limit), x + i, length - i);
}

// The terms are single precision, their sum is double: a vocabulary is long enough for a float sum to lose digits.
double log_sum_exp(const float* x, std::size_t length) noexcept {
  const Floats d;
  const hn::Repartition<double, Floats> wide;
  const hn::Half<Floats> half;
  const float largest = largest_of(x, length);
  const Vector shift = hn::Set(d, largest);
  auto sum = hn::Zero(wide);
  for (std::size_t i = 0; i < length; i += kLanes) {
    Vector term = exponential(hn::Sub(load_next(x + i, length - i), shift));
    if (length - i < kLanes) term = hn::IfThenElseZero(hn::FirstN(d, length - i), term);
    sum = hn::Add(sum, hn::PromoteTo(wide, hn::LowerHalf(half, term)));
    sum = hn::Add(sum, hn::PromoteTo(wide, hn::UpperHalf(half, term)));
  }
  return static_cast<double>(largest) + std::log(hn::GetLane(hn::SumOfLanes(wide, sum)));
}

}  // namespace
}  // namespace tightrope::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
