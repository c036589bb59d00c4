// The scalar operations against small examples worked out by hand.
#include "kernels/cpu/reference.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "tensor/half.h"

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
  const std::array<float, 2> x = {3, 4}, weight = {1, 2}, bias = {10, 20};
  std::array<float, 2> y{};
  kReferenceTable.rms_norm({x.data(), weight.data(), nullptr, y.data(), 2, 0});
  EXPECT_NEAR(y[0], 3 / std::sqrt(12.5), 1e-6);
  EXPECT_NEAR(y[1], 8 / std::sqrt(12.5), 1e-6);
  kReferenceTable.rms_norm({x.data(), weight.data(), bias.data(), y.data(), 2, 0});
  EXPECT_NEAR(y[1], 20 + 8 / std::sqrt(12.5), 1e-5);
}

TEST(Reference, LayerNormCentresAndDividesByTheDeviation) {
  const std::array<float, 2> x = {3, 7}, weight = {1, 2}, bias = {0, 1};
  std::array<float, 2> y{};
  kReferenceTable.layer_norm({x.data(), weight.data(), bias.data(), y.data(), 2, 0});
  EXPECT_NEAR(y[0], -1, 1e-6);
  EXPECT_NEAR(y[1], 3, 1e-6);
  kReferenceTable.affine({x.data(), weight.data(), bias.data(), y.data(), 2, 0});
  EXPECT_EQ(y, (std::array<float, 2>{3, 15}));
}

TEST(Reference, RopeTurnsPairsHalfAHeadApart) {
  std::array<float, 4> x = {1, 2, 0, 3};
  const std::array<float, 2> cosine = {0, 1}, sine = {1, 0};  // a quarter turn of (x0, x2), none of (x1, x3)
  kReferenceTable.rope(x.data(), cosine.data(), sine.data(), 4);
  EXPECT_EQ(x, (std::array<float, 4>{0, 2, 1, 3}));
}

// The formulas, worked out in double precision.
TEST(Reference, ActivationsAreWhatTheyAreCalled) {
  const std::array<float, 3> x = {-1, 0.5f, 2}, gate = {2, 2, 2};
  const std::array<std::array<double, 3>, kActivations> expected = {{{-1, 0.5, 2},
                                                                     {-0.2689414214, 0.3112296656, 1.7615941560},
                                                                     {-0.1586552539, 0.3457312306, 1.9544997361},
                                                                     {-0.1588080094, 0.3457140247, 1.9545976940},
                                                                     {0, 0.5, 2},
                                                                     {-0.7615941560, 0.4621171573, 0.9640275801}}};
  for (std::size_t kind = 0; kind < kActivations; ++kind) {
    std::array<float, 3> y{}, gated{};
    kReferenceTable.activations[kind](x.data(), nullptr, y.data(), 3);
    kReferenceTable.activations[kind](x.data(), gate.data(), gated.data(), 3);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(y[i], expected[kind][i], 2e-7) << kind;
      EXPECT_EQ(gated[i], 2 * y[i]);
    }
  }
}

TEST(Reference, LogSumExpSurvivesLargeNumbers) {
  const std::array<float, 2> x = {1000, 1000};
  EXPECT_NEAR(kReferenceTable.log_sum_exp(x.data(), 2), 1000 + std::log(2.0), 1e-9);
}

// Three keys, equal scores: what a token sees, it sees in equal parts.
TEST(Reference, AttentionSeesWhatItIsTold) {
  const std::array<float, 3> queries = {0, 0, 0}, values = {1, 3, 8};
  const std::vector<float> keys(kKeyTile, 5);
  std::array<float, 3> output{};
  std::vector<float> scratch(attention_scratch(3, 1));
  AttentionArguments arguments{.queries = queries.data(),
                               .keys = keys.data(),
                               .values = values.data(),
                               .output = output.data(),
                               .scratch = scratch.data(),
                               .tokens = 3,
                               .group = 1,
                               .head = 1,
                               .query_stride = 1,
                               .key_stride = kAttentionBlock,
                               .value_stride = kAttentionBlock,
                               .output_stride = 1,
                               .first_position = 0,
                               .positions = 3,
                               .behind = AttentionArguments::kEverything,
                               .ahead = 0,
                               .scale = 1};
  kReferenceTable.attention[0](arguments);
  EXPECT_EQ(output, (std::array<float, 3>{1, 2, 4}));
  arguments.behind = 1;
  kReferenceTable.attention[0](arguments);
  EXPECT_EQ(output, (std::array<float, 3>{1, 2, 5.5f}));
  arguments.ahead = AttentionArguments::kEverything;
  kReferenceTable.attention[0](arguments);
  EXPECT_EQ(output, (std::array<float, 3>{4, 4, 5.5f}));
}

// Scores 2 apart, capped to at most 1: the larger one's share is that of a difference of tanh(2).
TEST(Reference, AttentionCapsItsScores) {
  const std::array<float, 1> query = {2};
  std::vector<float> keys(kKeyTile), scratch(attention_scratch(1, 1));
  keys[1] = 1;
  const std::array<float, 2> values = {0, 1};
  float output = 0;
  kReferenceTable.attention[0]({query.data(), keys.data(), values.data(), &output, scratch.data(), 1, 1, 1, 1, kKeyTile, 1, 1, 1, 2,
                                AttentionArguments::kEverything, 0, 1, 1});
  EXPECT_NEAR(output, 1 / (1 + std::exp(-std::tanh(2.0))), 1e-6);
}

// Halves lie in pairs: two elements of a key, two positions of a value. 1, 2 and 3 are halves exactly.
TEST(Reference, AttentionReadsHalvesInPairs) {
  const std::array<float, 4> queries = {0, 30, 30, 0};  // two heads that share a key head
  std::vector<bf16> keys(2 * kKeyTile, to_bf16(0)), values(4, to_bf16(0));
  keys[2 * 1 + 1] = to_bf16(1);  // position 1, element 1
  keys[2 * 0 + 0] = to_bf16(1);  // position 0, element 0
  for (std::size_t i = 0; i < 2; ++i) {
    values[2 * i] = to_bf16(static_cast<float>(1 + i));             // position 0: 1, 2
    values[2 * i + 1] = to_bf16(static_cast<float>(10 * (1 + i)));  // position 1: 10, 20
  }
  std::array<float, 4> output{};
  std::vector<float> scratch(attention_scratch(2, 2));
  kReferenceTable.attention[1]({queries.data(), keys.data(), values.data(), output.data(), scratch.data(), 1, 2, 2, 4, 2 * kKeyTile, 2, 4,
                                1, 2, AttentionArguments::kEverything, 0, 1});
  EXPECT_EQ(output, (std::array<float, 4>{10, 20, 1, 2}));
}

}  // namespace
}  // namespace tightrope::kernels
