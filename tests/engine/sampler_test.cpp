// Sampling against distributions computed by brute force, and the borders of every option.
#include "engine/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "base/random.h"
#include "tightrope/error.h"

namespace tightrope::engine {
namespace {

using text::TokenId;

Sampling plain(float temperature) {
  return {.temperature = temperature, .top_k = 0, .top_p = 1, .min_p = 0, .repetition_penalty = 1, .repetition_window = 64, .seed = 1};
}

std::map<TokenId, int> draw(const Sampling& options, const std::vector<float>& logits, int count, const std::vector<TokenId>& recent = {}) {
  Sampler sampler(options);
  std::map<TokenId, int> counts;
  for (int i = 0; i < count; ++i) ++counts[sampler.next(logits, recent)];
  return counts;
}

std::vector<TokenId> seen(const Sampling& options, const std::vector<float>& logits) {
  std::vector<TokenId> ids;
  for (const auto& [id, count] : draw(options, logits, 2000)) ids.push_back(id);
  return ids;
}

// e^(logit / temperature), normalised over `kept`.
std::map<TokenId, double> distribution(const std::vector<float>& logits, float temperature, const std::vector<TokenId>& kept) {
  std::map<TokenId, double> probabilities;
  double total = 0;
  for (const TokenId id : kept) total += probabilities[id] = std::exp(static_cast<double>(logits[id]) / static_cast<double>(temperature));
  for (auto& [id, probability] : probabilities) probability /= total;
  return probabilities;
}

// Chi-square of 20000 draws. The seeds are fixed, so the bound need only be one that a right sampler passes: it lies just beyond the 99.9 %
// quantile of 7 degrees of freedom (24.3). A temperature that is 10 % off adds 34 to 200.
void expect_distribution(const Sampling& options, const std::vector<float>& logits, const std::map<TokenId, double>& expected) {
  constexpr int kDraws = 20000;
  const std::map<TokenId, int> counts = draw(options, logits, kDraws);
  double chi_square = 0;
  int total = 0;
  for (const auto& [id, probability] : expected) {
    const int count = counts.contains(id) ? counts.at(id) : 0;
    const double mean = probability * kDraws;
    chi_square += (count - mean) * (count - mean) / mean;
    total += count;
  }
  EXPECT_EQ(total, kDraws) << "a token outside the expected set was drawn";
  EXPECT_LT(chi_square, 26);
}

const std::vector<float> kLogits = {0.5f, 2.0f, -1.0f, 1.0f, 0.0f, 1.5f, -0.5f, 0.25f};

TEST(Sampler, DrawsTheSoftmax) {
  for (const float temperature : {0.5f, 1.0f, 2.0f})
    expect_distribution(plain(temperature), kLogits, distribution(kLogits, temperature, {0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST(Sampler, TopKKeepsTheKLikeliest) {
  Sampling options = plain(1);
  options.top_k = 3;
  expect_distribution(options, kLogits, distribution(kLogits, 1, {1, 5, 3}));
  options.top_k = 1;
  EXPECT_EQ(seen(options, kLogits), std::vector<TokenId>{1});
  options.top_k = 1000;  // more than there are
  expect_distribution(options, kLogits, distribution(kLogits, 1, {0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST(Sampler, TopPKeepsTheFewestThatReachIt) {
  const std::vector<float> logits = {std::log(0.5f), std::log(0.25f), std::log(0.125f), std::log(0.125f)};
  Sampling options = plain(1);
  options.top_p = 0.6f;
  expect_distribution(options, logits, distribution(logits, 1, {0, 1}));
  options.top_p = 0.49f;
  EXPECT_EQ(seen(options, logits), std::vector<TokenId>{0});
  options.top_p = 1e-9f;  // the best one always stays
  EXPECT_EQ(seen(options, logits), std::vector<TokenId>{0});
  options.top_p = 1;
  EXPECT_EQ(seen(options, logits), (std::vector<TokenId>{0, 1, 2, 3}));
}

TEST(Sampler, TopPIsOfWhatTopKLeft) {
  const std::vector<float> logits = {std::log(0.3f), std::log(0.2f), std::log(0.25f), std::log(0.25f)};
  Sampling options = plain(1);
  options.top_k = 2;     // 0.3 and 0.25: 0.545 and 0.455 of what is left
  options.top_p = 0.5f;  // reached by the first alone; of the whole it would take both
  EXPECT_EQ(seen(options, logits), std::vector<TokenId>{0});
}

TEST(Sampler, ManyCandidatesAreCutWhereSortingWouldCutThem) {
  Random random(5);
  std::vector<float> logits(300);
  for (float& logit : logits) logit = static_cast<float>(0.1 * random.uniform());  // alike, so that 2000 draws see all that are left
  std::vector<TokenId> order(logits.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](TokenId a, TokenId b) { return logits[a] > logits[b]; });
  for (const std::uint32_t top_k : {0u, 150u}) {
    std::vector<TokenId> kept(order.begin(), top_k == 0 ? order.end() : order.begin() + top_k);
    const std::map<TokenId, double> whole = distribution(logits, 1, kept);
    std::size_t count = 0;
    for (double reached = 0; reached < 0.37;) reached += whole.at(kept[count++]);
    kept.resize(count);
    std::sort(kept.begin(), kept.end());
    Sampling options = plain(1);
    options.top_k = top_k;
    options.top_p = 0.37f;
    EXPECT_EQ(seen(options, logits), kept) << top_k;
  }
}

TEST(Sampler, MinPIsRelativeToTheLikeliest) {
  const std::vector<float> logits = {std::log(0.4f), std::log(0.3f), std::log(0.19f), std::log(0.11f)};
  Sampling options = plain(1);
  options.min_p = 0.5f;  // of 0.4: 0.2
  expect_distribution(options, logits, distribution(logits, 1, {0, 1}));
  options.min_p = 1;
  EXPECT_EQ(seen(options, logits), std::vector<TokenId>{0});
}

TEST(Sampler, GreedyTakesTheLowestIdOfEquals) {
  Sampler sampler(plain(0));
  EXPECT_EQ(sampler.next(std::vector<float>{1, 3, 2, 3}, {}), 1u);
  EXPECT_EQ(sampler.next(std::vector<float>{5, 5, 5}, {}), 0u);
  Sampling options = plain(1);
  options.top_k = 1;
  EXPECT_EQ(seen(options, {1, 3, 2, 3}), std::vector<TokenId>{1});
}

TEST(Sampler, PenaltyShrinksPositiveAndGrowsNegativeLogitsOnce) {
  Sampling options = plain(0);
  options.repetition_penalty = 2;
  Sampler sampler(options);
  EXPECT_EQ(sampler.next(std::vector<float>{3, 2}, std::vector<TokenId>{0}), 1u);        // 1.5 against 2
  EXPECT_EQ(sampler.next(std::vector<float>{3, 1}, std::vector<TokenId>{0, 0, 0}), 0u);  // once, not thrice
  EXPECT_EQ(sampler.next(std::vector<float>{-1, -1.5f}, std::vector<TokenId>{0}), 1u);   // -2 against -1.5
}

TEST(Sampler, PenaltyLooksAtTheWindowOnly) {
  Sampling options = plain(0);
  options.repetition_penalty = 2;
  options.repetition_window = 2;
  Sampler sampler(options);
  EXPECT_EQ(sampler.next(std::vector<float>{3, 2, 0}, std::vector<TokenId>{0, 2, 2}), 0u);
  EXPECT_EQ(sampler.next(std::vector<float>{3, 2, 0}, std::vector<TokenId>{2, 0, 2}), 1u);
}

TEST(Sampler, SameSeedSameTokens) {
  Sampling options = plain(1);
  Sampler a(options), b(options);
  options.seed = 2;
  Sampler other(options);
  int different = 0;
  for (int i = 0; i < 200; ++i) {
    const TokenId id = a.next(kLogits, {});
    EXPECT_EQ(id, b.next(kLogits, {}));
    different += id != other.next(kLogits, {});
  }
  EXPECT_GT(different, 50);
}

TEST(Sampler, ExtremeLogitsAndTemperaturesStayDefined) {
  EXPECT_EQ(seen(plain(1e-30f), kLogits), std::vector<TokenId>{1});
  EXPECT_EQ(seen(plain(1), {-3e38f, 3e38f}), std::vector<TokenId>{1});
  expect_distribution(plain(1e30f), kLogits, distribution(kLogits, 1e30f, {0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST(Sampler, RefusesOptionsOutOfRange) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  const auto refused = [](Sampling options, const char* name) {
    try {
      const Sampler sampler(options);
      ADD_FAILURE() << name << " accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << error.what();
    }
  };
  for (const float value : {-1.0f, nan, infinity}) refused({.temperature = value}, "temperature");
  for (const float value : {0.0f, 1.01f, -1.0f, nan}) refused({.top_p = value}, "top-p");
  for (const float value : {-0.1f, 1.01f, nan}) refused({.min_p = value}, "min-p");
  for (const float value : {0.0f, -1.0f, nan, infinity}) refused({.repetition_penalty = value}, "repetition-penalty");
  Sampler sampler(plain(1));
  EXPECT_THROW(sampler.next({}, {}), Error);
}

}  // namespace
}  // namespace tightrope::engine
