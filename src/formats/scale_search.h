// The searches for the scale (and minimum) of one sub-block that the encoders share. The order of every operation is part of the formats'
// definition: another one would change bytes.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "formats/rounding.h"

namespace tightrope::formats {

// x ≈ scale * code - offset
struct AffineFit {
  float scale = 0;
  float offset = 0;  // never negative
};

// The grid of the affine search: candidates (levels + start + step * i) / range for i in 0…steps as inverse scale, where the range
// begins at the best offset found so far.
struct AffineGrid {
  int levels;  // codes are 0…levels
  float start, step;
  int steps;
  bool absolute;  // minimise weighted absolute error instead of squared
};

constexpr AffineGrid weighted_grid(int levels) { return {levels, -0.9f, 0.05f, 36, false}; }

namespace detail {

struct Range {
  float minimum, maximum;       // minimum is at most 0
  float weight_sum, value_sum;  // of w and w * x
};

inline Range range_of(std::span<const float> x, const float* weights) {
  Range range{x[0], x[0], 0, 0};
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] < range.minimum) range.minimum = x[i];
    if (x[i] > range.maximum) range.maximum = x[i];
    range.weight_sum += weights[i];
    range.value_sum += weights[i] * x[i];
  }
  if (range.minimum > 0) range.minimum = 0;
  return range;
}

inline float affine_error(std::span<const float> x, const float* weights, const std::uint8_t* codes, float scale, float minimum,
                          bool absolute) {
  float error = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float difference = scale * static_cast<float>(codes[i]) + minimum - x[i];
    error += weights[i] * (absolute ? std::fabs(difference) : difference * difference);
  }
  return error;
}

// The least-squares scale and minimum for given codes, when they determine one.
inline std::optional<AffineFit> solve_affine(std::span<const float> x, const float* weights, const std::uint8_t* codes,
                                             const Range& range) {
  float sum_l = 0, sum_l2 = 0, sum_xl = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float code = static_cast<float>(codes[i]);
    sum_l += weights[i] * code;
    sum_l2 += weights[i] * code * code;
    sum_xl += weights[i] * code * x[i];
  }
  const float determinant = range.weight_sum * sum_l2 - sum_l * sum_l;
  if (!(determinant > 0)) return std::nullopt;
  const float scale = (range.weight_sum * sum_xl - range.value_sum * sum_l) / determinant;
  const float minimum = (sum_l2 * range.value_sum - sum_l * sum_xl) / determinant;
  if (minimum > 0) return AffineFit{sum_xl / sum_l2, 0};
  return AffineFit{scale, -minimum};
}

}  // namespace detail

// Fits x ≈ scale * code - offset with weighted error. `codes` receives the codes belonging to the fit. At most 32 elements.
inline AffineFit fit_affine(std::span<const float> x, const float* weights, std::uint8_t* codes, const AffineGrid& grid) {
  const detail::Range range = detail::range_of(x, weights);
  if (!(range.maximum > range.minimum)) {
    std::fill_n(codes, x.size(), std::uint8_t{0});
    return {0, -range.minimum};
  }
  AffineFit best{0, -range.minimum};
  const auto assign = [&](float inverse, std::uint8_t* to) {
    for (std::size_t i = 0; i < x.size(); ++i)
      to[i] = static_cast<std::uint8_t>(nearest_code(inverse * (x[i] + best.offset), 0, grid.levels));
  };
  const float inverse = static_cast<float>(grid.levels) / (range.maximum - range.minimum);
  assign(inverse, codes);
  best.scale = 1 / inverse;
  float best_error = detail::affine_error(x, weights, codes, best.scale, range.minimum, grid.absolute);
  std::uint8_t candidate_codes[32]{};
  for (int i = 0; i <= grid.steps; ++i) {
    const float top = grid.start + grid.step * static_cast<float>(i) + static_cast<float>(grid.levels);
    assign(top / (range.maximum + best.offset), candidate_codes);
    const std::optional<AffineFit> fit = detail::solve_affine(x, weights, candidate_codes, range);
    if (!fit) continue;
    const float error = detail::affine_error(x, weights, candidate_codes, fit->scale, -fit->offset, grid.absolute);
    if (error < best_error) {
      best = *fit;
      best_error = error;
      std::copy_n(candidate_codes, x.size(), codes);
    }
  }
  return best;
}

// The value of largest magnitude, sign kept. The first wins a tie.
inline float extreme_of(std::span<const float> x) {
  float extreme = 0;
  for (const float value : x)
    if (std::fabs(value) > std::fabs(extreme)) extreme = value;
  return extreme;
}

// Sums of huge weights overflow; then plain rounding has to do.
inline float finite_or(float scale, float otherwise) { return std::isfinite(scale) ? scale : otherwise; }

// Fits x ≈ scale * code with weighted squared error, codes -levels…levels-1, over 19 inverse scales that map the extreme near -levels.
// `codes` receives code + levels, all 0 when everything is negligible.
inline float fit_symmetric(std::span<const float> x, const float* weights, std::uint8_t* codes, int levels) {
  const float extreme = extreme_of(x);
  std::fill_n(codes, x.size(), std::uint8_t{0});
  if (std::fabs(extreme) < kNegligible) return 0;
  const auto code = [&](float inverse, std::size_t i) { return nearest_code(inverse * x[i], -levels, levels - 1); };
  float scale = 0, best = 0, best_inverse = 0;
  const auto consider = [&](float inverse, bool first) {
    float sum_lx = 0, sum_l2 = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float level = static_cast<float>(code(inverse, i));
      sum_lx += weights[i] * x[i] * level;
      sum_l2 += weights[i] * level * level;
    }
    if (!first && !(sum_l2 > 0 && sum_lx * sum_lx > best * sum_l2)) return;
    scale = sum_l2 != 0 ? sum_lx / sum_l2 : 0.0f;
    best = scale * sum_lx;
    best_inverse = inverse;
  };
  consider(static_cast<float>(-levels) / extreme, true);
  for (int i = -9; i <= 9; ++i)
    if (i != 0) consider(-(static_cast<float>(levels) + 0.1f * static_cast<float>(i)) / extreme, false);
  for (std::size_t i = 0; i < x.size(); ++i) codes[i] = static_cast<std::uint8_t>(code(best_inverse, i) + levels);
  return finite_or(scale, 1 / best_inverse);
}

// Fits x ≈ scale * code, codes -levels…levels-1, weighted by x², one code at a time: at most five sweeps of coordinate descent.
// `codes` receives code + levels, all 0 when everything is negligible. At most 16 elements.
inline float fit_symmetric_descent(std::span<const float> x, std::uint8_t* codes, int levels) {
  const float extreme = extreme_of(x);
  std::fill_n(codes, x.size(), std::uint8_t{0});
  if (std::fabs(extreme) < kNegligible) return 0;
  const float inverse = static_cast<float>(-levels) / extreme;
  float level[16];
  float sum_lx = 0, sum_l2 = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    level[i] = static_cast<float>(nearest_code(inverse * x[i], -levels, levels - 1));
    const float weight = x[i] * x[i];
    sum_lx += weight * x[i] * level[i];
    sum_l2 += weight * level[i] * level[i];
  }
  bool changed = true;
  for (int sweep = 0; sweep < 5 && changed; ++sweep) {
    changed = false;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float weight = x[i] * x[i];
      float lx = sum_lx - weight * x[i] * level[i];
      if (!(lx > 0)) continue;
      float l2 = sum_l2 - weight * level[i] * level[i];
      const float other = static_cast<float>(nearest_code(x[i] * l2 / lx, -levels, levels - 1));
      if (other == level[i]) continue;
      lx += weight * x[i] * other;
      l2 += weight * other * other;
      if (!(l2 > 0 && lx * lx * sum_l2 > sum_lx * sum_lx * l2)) continue;
      level[i] = other;
      sum_lx = lx;
      sum_l2 = l2;
      changed = true;
    }
  }
  for (std::size_t i = 0; i < x.size(); ++i) codes[i] = static_cast<std::uint8_t>(static_cast<int>(level[i]) + levels);
  return sum_l2 > 0 ? finite_or(sum_lx / sum_l2, 1 / inverse) : 0.0f;
}

// Fits non-negative x ≈ scale * code with weighted squared error, codes 0…levels: nine inverse scales, then at most five sweeps of
// coordinate descent. At most 16 elements.
inline float fit_unsigned(std::span<const float> x, const float* weights, std::uint8_t* codes, int levels) {
  float maximum = 0;
  for (const float value : x) maximum = std::max(maximum, value);
  std::fill_n(codes, x.size(), std::uint8_t{0});
  if (maximum < kNegligible) return 0;
  const auto code = [&](float inverse, std::size_t i) { return static_cast<float>(nearest_code(inverse * x[i], 0, levels)); };
  const auto error = [&](float inverse) {
    float sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float difference = x[i] - 1 / inverse * code(inverse, i);
      sum += weights[i] * difference * difference;
    }
    return sum;
  };
  float inverse = static_cast<float>(levels) / maximum;
  float best_error = error(inverse);
  for (int i = -4; i <= 4; ++i) {
    const float candidate = (0.1f * static_cast<float>(i) + static_cast<float>(levels)) / maximum;
    const float candidate_error = i == 0 ? best_error : error(candidate);
    if (!(candidate_error < best_error)) continue;
    best_error = candidate_error;
    inverse = candidate;
  }
  float level[16];
  float sum_lx = 0, sum_l2 = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    level[i] = code(inverse, i);
    sum_lx += weights[i] * x[i] * level[i];
    sum_l2 += weights[i] * level[i] * level[i];
  }
  bool changed = true;
  for (int sweep = 0; sweep < 5 && changed; ++sweep) {
    changed = false;
    for (std::size_t i = 0; i < x.size(); ++i) {
      float lx = sum_lx - weights[i] * x[i] * level[i];
      float l2 = sum_l2 - weights[i] * level[i] * level[i];
      if (!(lx > 0 && l2 > 0)) continue;
      const float other = static_cast<float>(nearest_code(x[i] * l2 / lx, 0, levels));
      if (other == level[i]) continue;
      lx += weights[i] * x[i] * other;
      l2 += weights[i] * other * other;
      if (!(lx * lx * sum_l2 > sum_lx * sum_lx * l2)) continue;
      level[i] = other;
      sum_lx = lx;
      sum_l2 = l2;
      changed = true;
    }
  }
  for (std::size_t i = 0; i < x.size(); ++i) codes[i] = static_cast<std::uint8_t>(level[i]);
  return sum_l2 > 0 ? sum_lx / sum_l2 : 0.0f;
}

}  // namespace tightrope::formats
