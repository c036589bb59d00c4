// The uneven levels: which one is nearest, and what a scale search makes of numbers that lie on them.
#include "formats/uneven_levels.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace tightrope::formats {
namespace {

// By comparing distances; of two the upper level.
std::uint8_t nearest_by_distance(float value) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < kUnevenLevels.size(); ++i)
    if (std::fabs(static_cast<double>(value) - kUnevenLevels[i]) <= std::fabs(static_cast<double>(value) - kUnevenLevels[best])) best = i;
  return static_cast<std::uint8_t>(best);
}

TEST(UnevenLevels, TheNearestWinsAndOfTwoTheUpper) {
  for (int i = -1400; i <= 1400; ++i) {
    const float value = 0.1f * static_cast<float>(i), half = 0.5f * static_cast<float>(i);
    for (const float each : {value, half, std::nextafter(half, -1e9f), std::nextafter(half, 1e9f)})
      ASSERT_EQ(uneven_code(each), nearest_by_distance(each)) << each;
  }
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(uneven_code(kInfinity), 15);
  EXPECT_EQ(uneven_code(-kInfinity), 0);
  EXPECT_EQ(uneven_code(std::numeric_limits<float>::quiet_NaN()), 0);
}

// Either sign of the scale may be the better one; on exact levels the error is 0 with one of them only.
TEST(UnevenLevels, TheSearchFindsTheScaleThatMeetsEveryNumber) {
  for (const float scale : {0.25f, -2.0f}) {
    std::vector<float> x(kBlock), weights(kBlock, 1.0f);
    for (std::size_t i = 0; i < kBlock; ++i) x[i] = scale * uneven_level(i % 16);
    EXPECT_EQ(fit_uneven(x, weights.data()), scale);
    std::uint8_t codes[kBlock];
    assign_uneven(x, scale, codes);
    for (std::size_t i = 0; i < kBlock; ++i) EXPECT_EQ(codes[i], i % 16);
  }
}

TEST(UnevenLevels, ScalesOfASuperBlockAreKeptInSixBits) {
  const float scales[kUnevenSubBlocks] = {32, -31, 0, 1, -1, 16, -17, 2};
  const UnevenScales rounded = round_uneven_scales(scales);
  EXPECT_EQ(to_f32(rounded.block.scale), -1.0f);
  for (std::size_t j = 0; j < kUnevenSubBlocks; ++j) {
    EXPECT_EQ(unpack_uneven_scale(rounded.block, j) - kUnevenScaleHalf, static_cast<int>(-scales[j])) << j;
    EXPECT_EQ(rounded.steps[j], scales[j]);
  }
}

}  // namespace
}  // namespace tightrope::formats
