// Activation functions, with and without a gate.

#if defined(TIGHTROPE_VECTOR_ACTIVATION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TIGHTROPE_VECTOR_ACTIVATION_INL_H_
#undef TIGHTROPE_VECTOR_ACTIVATION_INL_H_
#else
#define TIGHTROPE_VECTOR_ACTIVATION_INL_H_
#endif

#include "kernels/cpu/vector_elementwise.inl.h"

HWY_BEFORE_NAMESPACE();
namespace tightrope::kernels::HWY_NAMESPACE {
namespace {

// x / (1 + e^-y)
HWY_INLINE Vector times_logistic(Vector x, Vector y) { return hn::Div(x, hn::Add(hn::Set(Floats(), 1.0f), exponential(hn::Neg(y)))); }

struct Identity {
  static HWY_INLINE Vector of(Vector x) { return x; }
};
struct Silu {
  static HWY_INLINE Vector of(Vector x) { return times_logistic(x, x); }
};
// Φ of -|x| is half of a polynomial in t = 1 / (1 + p |x| / sqrt(2)) times e^(-x²/2): Abramowitz and Stegun 7.1.26, within 1.5e-7. Taking
// the tail, not the middle, keeps the digits of what is nearly zero.
struct Gelu {
  static HWY_INLINE Vector of(Vector x) {
    const Floats d;
    const Vector size = hn::Min(hn::Abs(x), hn::Set(d, 14.0f)), one = hn::Set(d, 1.0f);
    const Vector t = hn::Div(one, hn::MulAdd(size, hn::Set(d, 0.3275911f * 0.70710678f), one));
    Vector series = hn::Set(d, 0.5f * 1.061405429f);
    for (const float coefficient : {-1.453152027f, 1.421413741f, -0.284496736f, 0.254829592f})
      series = hn::MulAdd(series, t, hn::Set(d, 0.5f * coefficient));
    const Vector tail = hn::Mul(hn::Mul(series, t), exponential(hn::Mul(hn::Mul(size, size), hn::Set(d, -0.5f))));
    return hn::Mul(x, hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, hn::Sub(one, tail)));
  }
};
// (1 + tanh(u)) / 2 is the logistic function of 2u.
struct GeluTanh {
  static HWY_INLINE Vector of(Vector x) {
    const Floats d;
    constexpr float kTwice = 1.5957691216057308f;  // 2 * sqrt(2 / π)
    const Vector factor = hn::MulAdd(hn::Mul(x, x), hn::Set(d, kTwice * 0.044715f), hn::Set(d, kTwice));
    return times_logistic(x, hn::Mul(x, factor));
  }
};
struct Relu {
  static HWY_INLINE Vector of(Vector x) { return hn::Max(x, hn::Zero(Floats())); }
};
struct Tanh {
  static HWY_INLINE Vector of(Vector x) { return hn::Tanh(Floats(), x); }
};

template <class Function>
void activate(const float* x, const float* gate, float* y, std::size_t length) noexcept {
  for (std::size_t i = 0; i < length; i += kLanes) {
    const std::size_t left = length - i;
    const Vector value = Function::of(load_next(x + i, left));
    store_next(gate == nullptr ? value : hn::Mul(value, load_next(gate + i, left)), y + i, left);
  }
}

}  // namespace
}  // namespace tightrope::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
