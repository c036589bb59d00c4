// Statistics against worked examples and plain loops in double precision.
#include "eval/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"

namespace tightrope::eval {
namespace {

// Natural logarithm of the sum of exp, and the divergence, as the definitions say them.
double plain_log_sum(const std::vector<float>& logits) {
  double peak = -HUGE_VAL, sum = 0;
  for (const float x : logits) peak = std::fmax(peak, static_cast<double>(x));
  for (const float x : logits) sum += std::exp(static_cast<double>(x) - peak);
  return peak + std::log(sum);
}

double plain_divergence(const std::vector<float>& base, const std::vector<float>& model) {
  const double base_sum = plain_log_sum(base), model_sum = plain_log_sum(model);
  double total = 0;
  for (std::size_t i = 0; i < base.size(); ++i) {
    const double p = static_cast<double>(base[i]) - base_sum, q = static_cast<double>(model[i]) - model_sum;
    total += std::exp(p) * (p - q);
  }
  return total;
}

std::vector<float> random_logits(Random& random, std::size_t count, double spread) {
  std::vector<float> logits(count);
  for (float& x : logits) x = static_cast<float>(spread * random.normal());
  return logits;
}

double divergence_between(const std::vector<float>& base, const std::vector<float>& model) {
  std::vector<float> base_weights(base.size()), weights(model.size());
  const Softmax b = softmax(base, base_weights), m = softmax(model, weights);
  return divergence(base, base_weights, b, model, m);
}

TEST(Statistics, MomentsOfAWorkedExample) {
  Moments moments;
  for (const double x : {2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}) moments.add(x);
  EXPECT_EQ(moments.count(), 8u);
  EXPECT_DOUBLE_EQ(moments.mean(), 5.0);
  EXPECT_DOUBLE_EQ(moments.variance(), 32.0 / 7);
  EXPECT_DOUBLE_EQ(moments.standard_error(), std::sqrt(32.0 / 7 / 8));
}

TEST(Statistics, MomentsKeepTheirDigitsFarFromZero) {
  Moments moments;
  for (int i = 0; i < 100000; ++i) moments.add(1e9 + i % 2);  // the textbook sum of squares would lose all digits here
  EXPECT_NEAR(moments.mean(), 1e9 + 0.5, 1e-5);
  EXPECT_NEAR(moments.variance(), 0.25, 1e-4);
}

TEST(Statistics, MomentsOfFewValues) {
  Moments moments;
  EXPECT_EQ(moments.standard_error(), 0);
  moments.add(3);
  EXPECT_EQ(moments.mean(), 3);
  EXPECT_EQ(moments.standard_error(), 0);
}

TEST(Statistics, PercentilesInterpolateBetweenNeighbours) {
  const std::vector<float> sorted{1, 2, 4, 8};
  EXPECT_DOUBLE_EQ(percentile(sorted, 0), 1);
  EXPECT_DOUBLE_EQ(percentile(sorted, 0.5), 3);
  EXPECT_DOUBLE_EQ(percentile(sorted, 0.9), 4 + 0.7 * 4);  // place 2.7
  EXPECT_DOUBLE_EQ(percentile(sorted, 1), 8);
  EXPECT_EQ(percentile({}, 0.5), 0);
}

TEST(Statistics, SoftmaxOfAWorkedExample) {
  const std::vector<float> logits{std::log(1.0f), std::log(2.0f), std::log(5.0f)};
  std::vector<float> weights(3);
  const Softmax s = softmax(logits, weights);
  EXPECT_NEAR(s.log_sum(), std::log(8.0), 1e-7);
  EXPECT_EQ(s.top, 2u);
  EXPECT_NEAR(surprise(logits, s, 1), std::log(4.0), 1e-6);  // p = 2 / 8
  EXPECT_NEAR(static_cast<double>(weights[0]) / s.sum, 0.125, 1e-7);
}

TEST(Statistics, DivergenceOfAWorkedExample) {
  // Base (1/2, 1/2), model (1/4, 3/4): 1/2 ln 2 + 1/2 ln (2/3).
  const std::vector<float> base{0, 0}, model{std::log(0.25f), std::log(0.75f)};
  EXPECT_NEAR(divergence_between(base, model), 0.5 * std::log(2.0) + 0.5 * std::log(2.0 / 3), 1e-7);
}

class AnyLength : public ::testing::TestWithParam<std::size_t> {};

// Lengths around the lanes and blocks of the fast loops. The errors allowed are a few units in the last place of a float.
TEST_P(AnyLength, AgreesWithPlainLoops) {
  Random random(GetParam());
  for (const double spread : {0.1, 3.0, 20.0}) {
    const auto base = random_logits(random, GetParam(), spread), model = random_logits(random, GetParam(), spread);
    std::vector<float> weights(base.size());
    const Softmax s = softmax(base, weights);
    EXPECT_NEAR(s.log_sum(), plain_log_sum(base), 1e-6);
    const double expected = plain_divergence(base, model);
    EXPECT_NEAR(divergence_between(base, model), expected, 1e-6 * (1 + expected));
  }
}

TEST_P(AnyLength, SmallDivergencesAreResolved) {
  Random random(GetParam());
  const auto base = random_logits(random, GetParam(), 3);
  std::vector<float> model = base;
  for (float& x : model) x += static_cast<float>(5 + 0.01 * random.normal());  // a common shift must cost no digits
  // Two units in the last place of a float exponential: where few entries hold most of the weight, they do not average out.
  EXPECT_NEAR(divergence_between(base, model), plain_divergence(base, model), 2.5e-7);
}

INSTANTIATE_TEST_SUITE_P(Statistics, AnyLength, ::testing::Values(1, 2, 15, 16, 17, 255, 256, 257, 1000, 8192));

TEST(Statistics, ADistributionDoesNotDivergeFromItself) {
  Random random(1);
  const auto logits = random_logits(random, 1000, 4);
  EXPECT_EQ(divergence_between(logits, logits), 0);
}

TEST(Statistics, TiesGoToTheLowestIndex) {
  std::vector<float> logits(100, -1), weights(100);
  logits[37] = logits[38] = logits[90] = 2;
  EXPECT_EQ(softmax(logits, weights).top, 37u);
}

TEST(Statistics, LogitsThatAreNotFiniteShowInTheSum) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), HUGE_VALF, -HUGE_VALF}) {
    for (const std::size_t place : {0u, 5u, 99u}) {
      std::vector<float> logits(100, 1), weights(100);
      logits[place] = bad;
      EXPECT_FALSE(std::isfinite(softmax(logits, weights).sum)) << bad << " at " << place;
    }
  }
}

}  // namespace
}  // namespace tightrope::eval
