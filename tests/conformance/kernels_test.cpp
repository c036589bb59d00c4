// Every operation of every instruction set against the scalar table: odd shapes, poisoned surroundings, results that do not depend on cuts.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "base/random.h"
#include "kernels/ops.h"
#include "support/readable_parameters.h"

namespace tightrope::kernels {
namespace {

constexpr float kPoison = std::numeric_limits<float>::quiet_NaN();

// An array of exactly `count` values in an allocation of its own, so that a sanitizer sees what is read beside it.
std::vector<float> random_values(Random& random, std::size_t count) {
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

bool same_bits(const float* a, const float* b, std::size_t count) { return std::memcmp(a, b, count * sizeof(float)) == 0; }

class Kernels : public testing::TestWithParam<Isa> {
 protected:
  const KernelTable& table_ = kernel_table(GetParam());
  const KernelTable& reference_ = kernel_table(Isa::scalar);
  Random random_{7};
};

// Lengths around the vector sizes of every instruction set.
constexpr std::size_t kLengths[] = {0, 1, 3, 4, 5, 8, 15, 16, 17, 31, 33, 64, 100, 257};

TEST_P(Kernels, TableSaysWhichItIs) { EXPECT_EQ(table_.isa, GetParam()); }

TEST_P(Kernels, MatmulAgreesForEveryShape) {
  for (const std::size_t length : kLengths)
    for (const std::size_t rows : {0, 1, 3, 4, 9})
      for (const std::size_t tokens : {0, 1, 2, 3, 5, 6, 7, 13}) {
        const std::vector<float> weights = random_values(random_, rows * length);
        const std::size_t x_stride = length + 3, y_stride = rows + 2;
        std::vector<float> x(tokens * x_stride, kPoison), y(tokens * y_stride, 42), expected = y;
        for (std::size_t t = 0; t < tokens; ++t)
          for (std::size_t i = 0; i < length; ++i) x[t * x_stride + i] = static_cast<float>(random_.normal());
        table_.matmul({weights.data(), x.data(), y.data(), rows, tokens, length, x_stride, y_stride});
        reference_.matmul({weights.data(), x.data(), expected.data(), rows, tokens, length, x_stride, y_stride});
        // A float sum of n products of deviation 1 is off by about sqrt(n) * n^½ units of 2^-24; 2^-20 n leaves room, a wrong element none.
        const double tolerance = static_cast<double>(length + 1) * 0x1p-20;
        for (std::size_t i = 0; i < y.size(); ++i)
          ASSERT_NEAR(y[i], expected[i], tolerance) << "length " << length << " rows " << rows << " tokens " << tokens << " at " << i;
      }
}

TEST_P(Kernels, MatmulGivesATokenTheSameBitsAloneAndInABatch) {
  constexpr std::size_t kRows = 11, kTokens = 13, kLength = 77;
  const std::vector<float> weights = random_values(random_, kRows * kLength), x = random_values(random_, kTokens * kLength);
  std::vector<float> batch(kTokens * kRows), alone(kRows);
  table_.matmul({weights.data(), x.data(), batch.data(), kRows, kTokens, kLength, kLength, kRows});
  for (std::size_t t = 0; t < kTokens; ++t) {
    for (std::size_t row = 0; row < kRows; row += 3) {
      const std::size_t rows = std::min<std::size_t>(3, kRows - row);
      table_.matmul({weights.data() + row * kLength, x.data() + t * kLength, alone.data() + row, rows, 1, kLength, kLength, kRows});
    }
    EXPECT_TRUE(same_bits(alone.data(), batch.data() + t * kRows, kRows)) << "token " << t;
  }
}

struct AttentionCase {
  std::size_t tokens, head, before;
  bool causal;
};

// Buffers of one call; keys and values lie in rows of two heads, the other one poisoned.
struct AttentionData {
  AttentionData(Random& random, const AttentionCase& size)
      : positions(size.before + size.tokens),
        queries(random_values(random, size.tokens * size.head)),
        keys(positions * 2 * size.head, kPoison),
        values(keys),
        output(size.tokens * size.head),
        scores(kAttentionTile * positions, kPoison) {
    for (std::size_t j = 0; j < positions; ++j)
      for (std::size_t i = 0; i < size.head; ++i) {
        keys[j * 2 * size.head + i] = static_cast<float>(random.normal());
        values[j * 2 * size.head + i] = static_cast<float>(random.normal());
      }
    const float scale = 1.0f / std::sqrt(static_cast<float>(size.head));
    arguments = {queries.data(), keys.data(),   values.data(), output.data(), scores.data(), size.tokens, size.head,
                 size.head,      2 * size.head, size.head,     size.before,   positions,     size.causal, scale};
  }
  std::size_t positions;
  std::vector<float> queries, keys, values, output, scores;
  AttentionArguments arguments{};
};

TEST_P(Kernels, AttentionAgreesForEveryShape) {
  for (const std::size_t head : {1, 2, 6, 16, 20, 64, 80, 128})
    for (const std::size_t tokens : {1, 3, 4, 5, 9})
      for (const std::size_t before : {0, 1, 7, 30})
        for (const bool causal : {true, false}) {
          AttentionData data(random_, {tokens, head, before, causal});
          table_.attention(data.arguments);
          const std::vector<float> output = data.output;
          reference_.attention(data.arguments);
          // Weights are good to a few units in the last place, the mean of at most 39 values of size 1 too.
          for (std::size_t i = 0; i < output.size(); ++i)
            ASSERT_NEAR(output[i], data.output[i], 2e-5) << head << ", " << tokens << " tokens after " << before;
        }
}

TEST_P(Kernels, AttentionGivesATokenTheSameBitsAloneAndInARun) {
  constexpr std::size_t kHead = 40, kTokens = 11, kBefore = 18;
  AttentionData data(random_, {kTokens, kHead, kBefore, true});
  table_.attention(data.arguments);
  const std::vector<float> together = data.output;
  for (std::size_t t = 0; t < kTokens; ++t) {
    AttentionArguments one = data.arguments;
    one.queries += t * kHead;
    one.output += t * kHead;
    one.tokens = 1;
    one.first_position = kBefore + t;
    one.positions = kBefore + t + 1;
    table_.attention(one);
  }
  EXPECT_TRUE(same_bits(together.data(), data.output.data(), together.size()));
}

TEST_P(Kernels, RmsNormAgrees) {
  for (const std::size_t length : kLengths) {
    const std::vector<float> x = random_values(random_, length), weight = random_values(random_, length);
    std::vector<float> y(length), expected(length);
    table_.rms_norm(x.data(), weight.data(), y.data(), length, 1e-5f);
    reference_.rms_norm(x.data(), weight.data(), expected.data(), length, 1e-5f);
    for (std::size_t i = 0; i < length; ++i) ASSERT_NEAR(y[i], expected[i], 2e-6 * (1 + std::fabs(expected[i]))) << length;
  }
}

TEST_P(Kernels, RmsNormMayWriteOverItsInput) {
  std::vector<float> x = random_values(random_, 37), y(37);
  const std::vector<float> weight = random_values(random_, 37);
  table_.rms_norm(x.data(), weight.data(), y.data(), 37, 1e-5f);
  table_.rms_norm(x.data(), weight.data(), x.data(), 37, 1e-5f);
  EXPECT_TRUE(same_bits(x.data(), y.data(), 37));
}

TEST_P(Kernels, RopeAgrees) {
  for (const std::size_t head : {0, 2, 6, 16, 34, 64, 80, 128, 258}) {
    std::vector<float> x = random_values(random_, head), expected = x;
    const std::vector<float> cosine = random_values(random_, head / 2), sine = random_values(random_, head / 2);
    table_.rope(x.data(), cosine.data(), sine.data(), head);
    reference_.rope(expected.data(), cosine.data(), sine.data(), head);
    for (std::size_t i = 0; i < head; ++i) ASSERT_NEAR(x[i], expected[i], 2e-6) << head;
  }
}

TEST_P(Kernels, SwigluAgrees) {
  for (const std::size_t length : kLengths) {
    std::vector<float> gate = random_values(random_, length), up = random_values(random_, length), expected(length);
    for (float& value : gate) value *= 20;  // far into both flat ends
    reference_.swiglu(gate.data(), up.data(), expected.data(), length);
    table_.swiglu(gate.data(), up.data(), gate.data(), length);  // in place, as the engine calls it
    for (std::size_t i = 0; i < length; ++i) ASSERT_NEAR(gate[i], expected[i], 1e-6 * (1 + std::fabs(expected[i]))) << length;
  }
}

TEST_P(Kernels, SwigluIsFiniteForExtremeGates) {
  const std::vector<float> gate = {-1e30f, -500, -104, -89, 89, 500, 1e30f}, up(gate.size(), 1.0f);
  std::vector<float> y(gate.size());
  table_.swiglu(gate.data(), up.data(), y.data(), gate.size());
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(y[i], 0, 1e-7 * std::fabs(gate[i])) << gate[i];
  for (std::size_t i = 4; i < gate.size(); ++i) EXPECT_FLOAT_EQ(y[i], gate[i]);
}

TEST_P(Kernels, AddAgreesExactly) {
  for (const std::size_t length : kLengths) {
    std::vector<float> x = random_values(random_, length), expected = x;
    const std::vector<float> y = random_values(random_, length);
    table_.add(x.data(), y.data(), length);
    reference_.add(expected.data(), y.data(), length);
    ASSERT_EQ(x, expected) << length;
  }
}

TEST_P(Kernels, LogSumExpAgrees) {
  for (const std::size_t length : {1, 3, 4, 7, 16, 17, 1000, 8192}) {
    std::vector<float> x = random_values(random_, length);
    for (float& value : x) value = value * 5 + 300;
    // Each term is good to about 1e-7, and so is their sum.
    EXPECT_NEAR(table_.log_sum_exp(x.data(), length), reference_.log_sum_exp(x.data(), length), 3e-7) << length;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryIsa, Kernels, testing::ValuesIn(available_isas()),
                         [](const testing::TestParamInfo<Isa>& param) { return std::string(isa_name(param.param)); });

}  // namespace
}  // namespace tightrope::kernels
