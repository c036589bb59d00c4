// The scalar operations against small examples worked out by hand.
#include "kernels/cpu/reference.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

namespace tightrope::kernels {
namespace {

TEST(Reference, MatmulMultipliesRowsWithTokens) {
  const std::array<float, 6> weights = {1, 2, 3, -1, 0, 1};    // [2, 3]
  const std::array<float, 8> x = {1, 1, 1, 99, 2, 0, -1, 99};  // [2, 3], rows 4 apart
  std::array<float, 6> y = {7, 7, 7, 7, 7, 7};                 // [2, 2], rows 3 apart
  kReferenceTable.matmul({weights.data(), x.data(), y.data(), 2, 2, 3, 4, 3});
  EXPECT_EQ(y, (std::array<float, 6>{6, 0, 7, -1, -3, 7}));
}

TEST(Reference, RmsNormDividesByTheRootMeanSquare) {
  const std::array<float, 2> x = {3, 4}, weight = {1, 2};
  std::array<float, 2> y{};
  kReferenceTable.rms_norm(x.data(), weight.data(), y.data(), 2, 0);
  EXPECT_NEAR(y[0], 3 / std::sqrt(12.5), 1e-6);
  EXPECT_NEAR(y[1], 8 / std::sqrt(12.5), 1e-6);
}

TEST(Reference, RopeTurnsPairsHalfAHeadApart) {
  std::array<float, 4> x = {1, 2, 0, 3};
  const std::array<float, 2> cosine = {0, 1}, sine = {1, 0};  // a quarter turn of (x0, x2), none of (x1, x3)
  kReferenceTable.rope(x.data(), cosine.data(), sine.data(), 4);
  EXPECT_EQ(x, (std::array<float, 4>{0, 2, 1, 3}));
}

TEST(Reference, SwigluGatesSmoothly) {
  const std::array<float, 3> gate = {0, 100, -100}, up = {5, 2, 2};
  std::array<float, 3> y{};
  kReferenceTable.swiglu(gate.data(), up.data(), y.data(), 3);
  EXPECT_EQ(y[0], 0);
  EXPECT_EQ(y[1], 200);
  EXPECT_NEAR(y[2], 0, 1e-30);
}

TEST(Reference, LogSumExpSurvivesLargeNumbers) {
  const std::array<float, 2> x = {1000, 1000};
  EXPECT_NEAR(kReferenceTable.log_sum_exp(x.data(), 2), 1000 + std::log(2.0), 1e-9);
}

// Two keys, equal scores: the causal first token sees one value, the second the mean of both.
TEST(Reference, CausalAttentionSeesOnlyThePast) {
  const std::array<float, 2> queries = {0, 0}, keys = {5, -5}, values = {1, 3};
  std::array<float, 2> output{};
  std::vector<float> scores(kAttentionTile * 2);
  AttentionArguments arguments{queries.data(), keys.data(), values.data(), output.data(), scores.data(), 2, 1, 1, 1, 1, 0, 2, true, 1};
  kReferenceTable.attention(arguments);
  EXPECT_EQ(output, (std::array<float, 2>{1, 2}));
  arguments.causal = false;
  kReferenceTable.attention(arguments);
  EXPECT_EQ(output, (std::array<float, 2>{2, 2}));
}

}  // namespace
}  // namespace tightrope::kernels
