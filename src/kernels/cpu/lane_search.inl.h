// The scale searches of formats/scale_search.h, a sub-block in every lane: the same operations in the same order find the same bits.

#if defined(TIGHTROPE_LANE_SEARCH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TIGHTROPE_LANE_SEARCH_INL_H_
#undef TIGHTROPE_LANE_SEARCH_INL_H_
#else
#define TIGHTROPE_LANE_SEARCH_INL_H_
#endif

#include "formats/scale_search.h"
#include "kernels/cpu/vector_load.inl.h"

HWY_BEFORE_NAMESPACE();
namespace tightrope::kernels::HWY_NAMESPACE {
namespace {

using Mask = hn::Mask<Floats>;

HWY_INLINE Vector all(float value) { return hn::Set(Floats(), value); }

// Element i of kLanes sub-blocks lies at [i * kLanes].
template <std::size_t kElements>
struct Tile {
  alignas(64) float x[kElements * kLanes];
  alignas(64) float weights[kElements * kLanes];
  alignas(64) float levels[kElements * kLanes];  // scratch: the codes of a candidate, as floats

  static Vector at(const float* column, std::size_t i) { return hn::Load(Floats(), column + i * kLanes); }
  static void put(Vector value, float* column, std::size_t i) { hn::Store(value, Floats(), column + i * kLanes); }
};

// Lane j of `column` becomes the sub-block first + j of `rows`; lanes past the `count` sub-blocks there are repeat the last one.
template <std::size_t kElements>
HWY_INLINE void transpose(const float* rows, std::size_t first, std::size_t count, float* column) {
  const hn::RebindToSigned<Floats> di;
  const auto last = hn::Set(di, static_cast<std::int32_t>(count - 1 - first));
  const auto index = hn::Mul(hn::Min(hn::Iota(di, 0), last), hn::Set(di, static_cast<std::int32_t>(kElements)));
  const float* from = rows + first * kElements;
  for (std::size_t i = 0; i < kElements; ++i) Tile<kElements>::put(hn::GatherIndex(Floats(), from + i, index), column, i);
}

// Rounded half to even after the clamp; NaN becomes `low` (Max and Min give their second operand then).
HWY_INLINE Vector nearest_level(Vector value, Vector low, Vector high) { return hn::Round(hn::Min(hn::Max(value, low), high)); }

// x ≈ scale * code - offset; the codes are nearest(code_inverse * (x + code_offset)).
struct AffineLanes {
  Vector scale, offset, code_inverse, code_offset;
};

template <std::size_t kElements, bool kAbsolute>
HWY_INLINE Vector affine_error(const Tile<kElements>& tile, Vector scale, Vector minimum) {
  Vector error = hn::Zero(Floats());
  for (std::size_t i = 0; i < kElements; ++i) {
    const Vector difference = hn::Sub(hn::Add(hn::Mul(scale, tile.at(tile.levels, i)), minimum), tile.at(tile.x, i));
    const Vector distance = kAbsolute ? hn::Abs(difference) : hn::Mul(difference, difference);
    error = hn::Add(error, hn::Mul(tile.at(tile.weights, i), distance));
  }
  return error;
}

struct LaneRange {
  Vector minimum, maximum, weight_sum, value_sum;
};

template <std::size_t kElements>
HWY_INLINE LaneRange range_of(const Tile<kElements>& tile) {
  const Vector zero = hn::Zero(Floats());
  LaneRange range{tile.at(tile.x, 0), tile.at(tile.x, 0), zero, zero};
  for (std::size_t i = 0; i < kElements; ++i) {
    const Vector x = tile.at(tile.x, i), weight = tile.at(tile.weights, i);
    range.minimum = hn::Min(x, range.minimum);
    range.maximum = hn::Max(x, range.maximum);
    range.weight_sum = hn::Add(range.weight_sum, weight);
    range.value_sum = hn::Add(range.value_sum, hn::Mul(weight, x));
  }
  range.minimum = hn::IfThenZeroElse(hn::Gt(range.minimum, zero), range.minimum);
  return range;
}

struct AffineCandidate {
  Vector scale, minimum;
  Mask exists;
};

// Assigns levels with `inverse` and `offset`, then solves for the best scale and minimum.
template <std::size_t kElements>
HWY_INLINE AffineCandidate solve_affine(Tile<kElements>& tile, const LaneRange& range, Vector inverse, Vector offset, Vector high) {
  const Vector zero = hn::Zero(Floats());
  Vector sum_l = zero, sum_l2 = zero, sum_xl = zero;
  for (std::size_t i = 0; i < kElements; ++i) {
    const Vector x = tile.at(tile.x, i);
    const Vector level = nearest_level(hn::Mul(inverse, hn::Add(x, offset)), zero, high);
    tile.put(level, tile.levels, i);
    const Vector weighted = hn::Mul(tile.at(tile.weights, i), level);
    sum_l = hn::Add(sum_l, weighted);
    sum_l2 = hn::Add(sum_l2, hn::Mul(weighted, level));
    sum_xl = hn::Add(sum_xl, hn::Mul(weighted, x));
  }
  const Vector determinant = hn::Sub(hn::Mul(range.weight_sum, sum_l2), hn::Mul(sum_l, sum_l));
  const Vector scale = hn::Div(hn::Sub(hn::Mul(range.weight_sum, sum_xl), hn::Mul(range.value_sum, sum_l)), determinant);
  const Vector minimum = hn::Div(hn::Sub(hn::Mul(sum_l2, range.value_sum), hn::Mul(sum_l, sum_xl)), determinant);
  const Mask above = hn::Gt(minimum, zero);
  return {hn::IfThenElse(above, hn::Div(sum_xl, sum_l2), scale), hn::IfThenZeroElse(above, minimum), hn::Gt(determinant, zero)};
}

template <std::size_t kElements, bool kAbsolute>
HWY_INLINE AffineLanes fit_affine(Tile<kElements>& tile, const formats::AffineGrid& grid) {
  const LaneRange range = range_of(tile);
  const float levels = static_cast<float>(grid.levels);
  const Vector high = all(levels), zero = hn::Zero(Floats());
  const Vector inverse = hn::Div(high, hn::Sub(range.maximum, range.minimum));
  AffineLanes best{hn::Div(all(1), inverse), hn::Neg(range.minimum), inverse, hn::Neg(range.minimum)};
  solve_affine(tile, range, inverse, best.offset, high);
  Vector best_error = affine_error<kElements, kAbsolute>(tile, best.scale, range.minimum);
  for (int i = 0; i <= grid.steps; ++i) {
    const float numerator = grid.start + grid.step * static_cast<float>(i) + levels;
    const Vector candidate_inverse = hn::Div(all(numerator), hn::Add(range.maximum, best.offset));
    const AffineCandidate candidate = solve_affine(tile, range, candidate_inverse, best.offset, high);
    const Vector error = affine_error<kElements, kAbsolute>(tile, candidate.scale, candidate.minimum);
    const Mask better = hn::And(candidate.exists, hn::Lt(error, best_error));
    best.code_inverse = hn::IfThenElse(better, candidate_inverse, best.code_inverse);
    best.code_offset = hn::IfThenElse(better, best.offset, best.code_offset);
    best.scale = hn::IfThenElse(better, candidate.scale, best.scale);
    best.offset = hn::IfThenElse(better, hn::Neg(candidate.minimum), best.offset);
    best_error = hn::IfThenElse(better, error, best_error);
  }
  const Mask spread = hn::Gt(range.maximum, range.minimum);
  return {hn::IfThenElse(spread, best.scale, zero), hn::IfThenElse(spread, best.offset, hn::Neg(range.minimum)),
          hn::IfThenElse(spread, best.code_inverse, zero), hn::IfThenElse(spread, best.code_offset, zero)};
}

// x ≈ scale * code; the codes are nearest(code_inverse * x), or all the lowest where everything is negligible.
struct SymmetricLanes {
  Vector scale, code_inverse;
  Mask negligible;
};

template <std::size_t kElements>
HWY_INLINE Vector extreme_of(const float* column) {
  Vector extreme = hn::Zero(Floats());
  for (std::size_t i = 0; i < kElements; ++i) {
    const Vector x = hn::Load(Floats(), column + i * kLanes);
    extreme = hn::IfThenElse(hn::Gt(hn::Abs(x), hn::Abs(extreme)), x, extreme);
  }
  return extreme;
}

HWY_INLINE Vector finite_or(Vector value, Vector otherwise) {
  return hn::IfThenElse(hn::Le(hn::Abs(value), all(std::numeric_limits<float>::max())), value, otherwise);
}

struct SymmetricSums {
  Vector lx, l2;
};

template <std::size_t kElements>
HWY_INLINE SymmetricSums symmetric_sums(const Tile<kElements>& tile, Vector inverse, Vector half) {
  const Vector low = hn::Neg(half), high = hn::Sub(half, all(1));
  SymmetricSums sums{hn::Zero(Floats()), hn::Zero(Floats())};
  for (std::size_t i = 0; i < kElements; ++i) {
    const Vector x = tile.at(tile.x, i), weight = tile.at(tile.weights, i);
    const Vector level = nearest_level(hn::Mul(inverse, x), low, high);
    sums.lx = hn::Add(sums.lx, hn::Mul(hn::Mul(weight, x), level));
    sums.l2 = hn::Add(sums.l2, hn::Mul(hn::Mul(weight, level), level));
  }
  return sums;
}

template <std::size_t kElements>
HWY_INLINE SymmetricLanes fit_symmetric(const Tile<kElements>& tile, int levels) {
  const Vector zero = hn::Zero(Floats());
  const float half = static_cast<float>(levels);
  const Vector extreme = extreme_of<kElements>(tile.x);
  Vector best_inverse = hn::Div(all(-half), extreme);
  SymmetricSums sums = symmetric_sums(tile, best_inverse, all(half));
  Vector scale = hn::IfThenZeroElse(hn::Eq(sums.l2, zero), hn::Div(sums.lx, sums.l2));  // not Ne: NaN has to stay NaN
  Vector best = hn::Mul(scale, sums.lx);
  for (int i = -9; i <= 9; ++i) {
    if (i == 0) continue;
    const Vector inverse = hn::Div(all(-(half + 0.1f * static_cast<float>(i))), extreme);
    sums = symmetric_sums(tile, inverse, all(half));
    const Mask better = hn::And(hn::Gt(sums.l2, zero), hn::Gt(hn::Mul(sums.lx, sums.lx), hn::Mul(best, sums.l2)));
    scale = hn::IfThenElse(better, hn::Div(sums.lx, sums.l2), scale);
    best = hn::IfThenElse(better, hn::Mul(scale, sums.lx), best);
    best_inverse = hn::IfThenElse(better, inverse, best_inverse);
  }
  const Mask negligible = hn::Lt(hn::Abs(extreme), all(formats::kNegligible));
  return {hn::IfThenZeroElse(negligible, finite_or(scale, hn::Div(all(1), best_inverse))), best_inverse, negligible};
}

// Leaves the codes plus `levels` in tile.levels. Weighted by x², tile.weights is ignored.
template <std::size_t kElements>
HWY_INLINE Vector fit_symmetric_descent(Tile<kElements>& tile, int levels) {
  const Vector zero = hn::Zero(Floats()), half = all(static_cast<float>(levels));
  const Vector low = hn::Neg(half), high = hn::Sub(half, all(1));
  const Vector extreme = extreme_of<kElements>(tile.x);
  const Vector inverse = hn::Div(low, extreme);
  Vector sum_lx = zero, sum_l2 = zero;
  for (std::size_t i = 0; i < kElements; ++i) {
    const Vector x = tile.at(tile.x, i), weight = hn::Mul(x, x);
    const Vector level = nearest_level(hn::Mul(inverse, x), low, high);
    tile.put(level, tile.levels, i);
    sum_lx = hn::Add(sum_lx, hn::Mul(hn::Mul(weight, x), level));
    sum_l2 = hn::Add(sum_l2, hn::Mul(hn::Mul(weight, level), level));
  }
  bool changed = true;
  for (int sweep = 0; sweep < 5 && changed; ++sweep) {
    changed = false;
    for (std::size_t i = 0; i < kElements; ++i) {
      const Vector x = tile.at(tile.x, i), weight = hn::Mul(x, x), level = tile.at(tile.levels, i);
      const Vector lx = hn::Sub(sum_lx, hn::Mul(hn::Mul(weight, x), level));
      const Vector l2 = hn::Sub(sum_l2, hn::Mul(hn::Mul(weight, level), level));
      const Vector other = nearest_level(hn::Div(hn::Mul(x, l2), lx), low, high);
      const Vector new_lx = hn::Add(lx, hn::Mul(hn::Mul(weight, x), other));
      const Vector new_l2 = hn::Add(l2, hn::Mul(hn::Mul(weight, other), other));
      const Mask gains = hn::Gt(hn::Mul(hn::Mul(new_lx, new_lx), sum_l2), hn::Mul(hn::Mul(sum_lx, sum_lx), new_l2));
      const Mask possible = hn::And(hn::And(hn::Gt(lx, zero), hn::Ne(other, level)), hn::Gt(new_l2, zero));
      const Mask better = hn::And(possible, gains);
      if (hn::AllFalse(Floats(), better)) continue;
      tile.put(hn::IfThenElse(better, other, level), tile.levels, i);
      sum_lx = hn::IfThenElse(better, new_lx, sum_lx);
      sum_l2 = hn::IfThenElse(better, new_l2, sum_l2);
      changed = true;
    }
  }
  const Mask negligible = hn::Lt(hn::Abs(extreme), all(formats::kNegligible));
  for (std::size_t i = 0; i < kElements; ++i)
    tile.put(hn::IfThenZeroElse(negligible, hn::Add(tile.at(tile.levels, i), half)), tile.levels, i);
  const Vector scale = finite_or(hn::Div(sum_lx, sum_l2), hn::Div(all(1), inverse));
  return hn::IfThenElseZero(hn::AndNot(negligible, hn::Gt(sum_l2, zero)), scale);
}

}  // namespace
}  // namespace tightrope::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
