// Rounding a weight to a code and a scale to a half, defined for every float whatever a damaged file holds.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "tensor/half.h"

namespace tightrope::formats {

constexpr float kLargestHalf = 65504.0f;
// Below this largest magnitude a sub-block counts as all zero.
constexpr float kNegligible = 1e-15f;

// Clamps to [low, high] and rounds half to even; NaN becomes `low`. Needs |low|, |high| < 2^22. The addition pushes the fraction out of the
// mantissa, so the rounding is the processor's own.
inline int nearest_code(float value, int low, int high) noexcept {
  const float clamped = std::min(static_cast<float>(high), std::max(static_cast<float>(low), value));
  return static_cast<int>(std::bit_cast<std::uint32_t>(clamped + 12582912.0f) & 0x007fffffu) - 0x00400000;
}

// Clamps to [0, high] and truncates; NaN becomes 0.
inline std::uint8_t truncated_code(float value, int high) noexcept {
  return static_cast<std::uint8_t>(std::min(static_cast<float>(high), std::max(0.0f, value)));
}

// 1 / value, or 0 when that is not finite.
inline float inverse_or_zero(float value) noexcept {
  const float inverse = 1.0f / value;
  return std::fabs(inverse) <= std::numeric_limits<float>::max() ? inverse : 0.0f;
}

// The nearest finite half: a scale beyond the range of halves saturates, since an infinite one would turn zeros into NaN. NaN becomes 0.
inline f16 finite_f16(float value) noexcept {
  return to_f16(value == value ? std::min(kLargestHalf, std::max(-kLargestHalf, value)) : 0.0f);
}

}  // namespace tightrope::formats
