// What the formats with 16 unevenly spaced levels share: the levels, the nearest one, the search for a scale and the packing of IQ4_XS.
// The order of every operation is part of the formats' definition, as in scale_search.h.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "formats/nibbles.h"

namespace tightrope::formats {

// Dense near zero, where most weights lie, and lopsided, so that the sign of a scale is worth a choice.
constexpr std::array<std::int8_t, 16> kUnevenLevels = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

// A value from here on (to the next border) is nearest to level i + 1; halves, so floats hold them exactly.
constexpr std::array<float, 15> kUnevenBorders = [] {
  std::array<float, 15> borders{};
  for (std::size_t i = 0; i < borders.size(); ++i) borders[i] = 0.5f * static_cast<float>(kUnevenLevels[i] + kUnevenLevels[i + 1]);
  return borders;
}();

// The code of the nearest level, of two the upper one.
inline std::uint8_t uneven_code(float value) {
  unsigned code = 0;
  for (const float border : kUnevenBorders) code += value >= border;
  return static_cast<std::uint8_t>(code);
}

inline float uneven_level(std::size_t code) { return static_cast<float>(kUnevenLevels[code]); }

// The search maps the extreme near the lowest level, as far as this many steps to either side of it, and once to the highest.
constexpr int kUnevenTries = 7;

// The scale of one sub-block for x ≈ scale * level, with the least weighted squared error of 16 tries; 0 when everything is negligible.
inline float fit_uneven(std::span<const float> x, const float* weights) {
  const float extreme = extreme_of(x), lowest = uneven_level(0);
  if (std::fabs(extreme) < kNegligible) return 0;
  float scale = 0, best = 0;
  const auto consider = [&](float inverse, bool first) {
    float sum_lx = 0, sum_l2 = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float level = uneven_level(uneven_code(inverse * x[i]));
      const float weighted = weights[i] * level;
      sum_lx += weighted * x[i];
      sum_l2 += weighted * level;
    }
    if (!first && !(sum_l2 > 0 && sum_lx * sum_lx > best * sum_l2)) return;
    scale = sum_l2 > 0 ? sum_lx / sum_l2 : 0.0f;
    best = scale * sum_lx;
  };
  consider(1 / (-extreme / lowest), true);
  for (int i = -kUnevenTries; i <= kUnevenTries; ++i) consider((static_cast<float>(i) + lowest) / extreme, false);
  return finite_or(scale, extreme / lowest);
}

// 1 / scale, or 0 for a scale of 0 (and one so small that its inverse is not finite): every code is then the level nearest to 0.
inline void assign_uneven(std::span<const float> x, float scale, std::uint8_t* codes) {
  const float inverse = inverse_or_zero(scale);
  for (std::size_t i = 0; i < x.size(); ++i) codes[i] = uneven_code(inverse * x[i]);
}

// importance * sqrt(spread + x²), or x² without importance.
inline void uneven_weights(std::span<const float> x, const float* importance, float spread, float* weights) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float square = x[i] * x[i];
    weights[i] = importance == nullptr ? square : importance[i] * std::sqrt(spread + square);
  }
}

// Twice the mean square.
inline float uneven_spread(std::span<const float> x) {
  float sum = 0;
  for (const float value : x) sum += value * value;
  return sum * (2.0f / static_cast<float>(x.size()));
}

constexpr std::size_t kUnevenSubBlocks = kSuperBlock / kBlock;
constexpr int kUnevenScaleHalf = 32;  // x = scale * (sub-block scale - kUnevenScaleHalf) * level

inline int unpack_uneven_scale(const BlockIQ4XS& block, std::size_t j) {
  return (block.scales_low[j / 2] >> 4 * (j % 2) & 15) | (block.scales_high[j / 4] >> 2 * (j % 4) & 3) << 4;
}

// A block without codes yet, and the scale each sub-block ends with, from those the searches found: the extreme becomes scale code 0.
struct UnevenScales {
  BlockIQ4XS block;
  float steps[kUnevenSubBlocks];
};
inline UnevenScales round_uneven_scales(std::span<const float, kUnevenSubBlocks> scales) {
  const float scale = -extreme_of(scales) / static_cast<float>(kUnevenScaleHalf);
  const float inverse = inverse_or_zero(scale);
  UnevenScales result{{finite_f16(scale), {}, {}, {}}, {}};
  for (std::size_t j = 0; j < kUnevenSubBlocks; ++j) {
    const int level = nearest_code(inverse * scales[j], -kUnevenScaleHalf, kUnevenScaleHalf - 1);
    const int code = level + kUnevenScaleHalf;
    result.steps[j] = scale * static_cast<float>(level);  // not of the rounded half: the reference does it so
    result.block.scales_low[j / 2] = static_cast<std::uint8_t>(result.block.scales_low[j / 2] | (code & 15) << 4 * (j % 2));
    result.block.scales_high[j / 4] = static_cast<std::uint8_t>(result.block.scales_high[j / 4] | code >> 4 << 2 * (j % 4));
  }
  return result;
}

}  // namespace tightrope::formats
