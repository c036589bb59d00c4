// Loads and stores of partial vectors that touch no memory beyond them, and sums across lanes.

#if defined(TIGHTROPE_VECTOR_LOAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TIGHTROPE_VECTOR_LOAD_INL_H_
#undef TIGHTROPE_VECTOR_LOAD_INL_H_
#else
#define TIGHTROPE_VECTOR_LOAD_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace tightrope::kernels::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Vector = hn::Vec<Floats>;
using Four = hn::FixedTag<float, 4>;

constexpr std::size_t kLanes = HWY_LANES(float);

// `count` < kLanes values, then zeros. SSE has no masked access, so there the values go through a buffer.
HWY_INLINE Vector load_some(const float* from, std::size_t count) {
  const Floats d;
#if HWY_TARGET == HWY_SSE4
  alignas(16) float buffer[kLanes] = {};
  for (std::size_t i = 0; i < count; ++i) buffer[i] = from[i];
  return hn::Load(d, buffer);
#else
  return hn::MaskedLoad(hn::FirstN(d, count), d, from);
#endif
}

HWY_INLINE void store_some(Vector value, float* to, std::size_t count) {
  const Floats d;
#if HWY_TARGET == HWY_SSE4
  alignas(16) float buffer[kLanes];
  hn::Store(value, d, buffer);
  for (std::size_t i = 0; i < count; ++i) to[i] = buffer[i];
#else
  hn::BlendedStore(value, hn::FirstN(d, count), d, to);
#endif
}

// The next min(left, kLanes) values, zeros after them.
HWY_INLINE Vector load_next(const float* from, std::size_t left) {
  return left >= kLanes ? hn::LoadU(Floats(), from) : load_some(from, left);
}

HWY_INLINE void store_next(Vector value, float* to, std::size_t left) {
  if (left >= kLanes)
    hn::StoreU(value, Floats(), to);
  else
    store_some(value, to, left);
}

HWY_INLINE hn::Vec<Four> fold(hn::Vec<Four> v) { return v; }

// Adds the 16-byte blocks of a vector to one.
template <class V>
HWY_INLINE hn::Vec<Four> fold(V v) {
  const hn::DFromV<V> d;
  const hn::Half<decltype(d)> half;
  return fold(hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
}

// [sum(a), sum(b), sum(c), sum(e)], each in the same order of additions whatever the other three hold.
HWY_INLINE hn::Vec<Four> sum_four(Vector a, Vector b, Vector c, Vector e) {
  const Floats d;
  const hn::Repartition<double, Floats> pairs;
  const auto ab = hn::BitCast(pairs, hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b)));
  const auto ce = hn::BitCast(pairs, hn::Add(hn::InterleaveLower(d, c, e), hn::InterleaveUpper(d, c, e)));
  return fold(hn::Add(hn::BitCast(d, hn::InterleaveLower(pairs, ab, ce)), hn::BitCast(d, hn::InterleaveUpper(pairs, ab, ce))));
}

HWY_INLINE float sum_one(Vector a) {
  const Vector zero = hn::Zero(Floats());
  return hn::GetLane(sum_four(a, zero, zero, zero));
}

}  // namespace
}  // namespace tightrope::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
