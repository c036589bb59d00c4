// Each pooling against numbers worked out by hand.
#include "tasks/pooling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"

namespace tightrope::tasks {
namespace {

TEST(Pooling, EveryKindOnThreeTokens) {
  const std::vector<float> hidden = {1, -2, 4, 0, 4, 8};  // [3, 2]
  const float root = std::sqrt(3.0f);
  const std::map<std::string, std::vector<float>> expected = {{"cls", {1, -2}},
                                                              {"last", {4, 8}},
                                                              {"max", {4, 8}},
                                                              {"mean", {3, 2}},
                                                              {"mean_sqrt_len", {9 / root, 6 / root}},
                                                              {"weightedmean", {3.5f, 22.0f / 6}}};
  std::size_t tested = 0;
  for (const Pooling& pooling : all_poolings()) {
    if (pooling.from != Pooling::From::hidden) continue;
    std::vector<float> vector(2);
    pooling.pool(hidden, vector);
    const std::vector<float>& right = expected.at(std::string(pooling.name));
    for (std::size_t i = 0; i < 2; ++i) EXPECT_FLOAT_EQ(vector[i], right[i]) << pooling.name;
    ++tested;
  }
  EXPECT_EQ(tested, expected.size());
}

TEST(Pooling, NormalisingGivesLengthOneAndLeavesZeros) {
  std::vector<float> vector = {3, -4}, zeros = {0, 0};
  normalize(vector);
  normalize(zeros);
  EXPECT_FLOAT_EQ(vector[0], 0.6f);
  EXPECT_FLOAT_EQ(vector[1], -0.8f);
  EXPECT_EQ(zeros, (std::vector<float>{0, 0}));
}

TEST(Pooling, AnUnknownNameListsThoseThereAre) {
  try {
    pooling_named("median");
    FAIL() << "there is no such pooling";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("'median'; there are cls, max, mean"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace tightrope::tasks
