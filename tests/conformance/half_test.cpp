// Products of 16-bit weights on every instruction set: bit for bit by their definition, which is computed here one number at a time.
#include "kernels/half.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "support/packed_product.h"
#include "support/readable_parameters.h"
#include "tensor/half.h"

namespace tightrope::kernels {
namespace {

struct Case {
  Isa isa;
  const formats::Format* format;
  std::size_t length;
  friend std::ostream& operator<<(std::ostream& to, const Case& which) {
    return to << isa_name(which.isa) << "_" << which.format->name << "_" << which.length;
  }
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Isa isa : available_isas())
    for (const char* format : {"bf16", "f16"})
      for (const std::size_t length : {1, 2, 31, 64, 1030, 8300}) all.push_back({isa, &formats::get(format), length});
  return all;
}

float rounded(float value) { return std::fabs(value) < kHalfNothing ? 0.0f : to_f32(to_bf16(value)); }

class Halves : public testing::TestWithParam<Case> {
 protected:
  static constexpr std::size_t kRows = 45, kTokens = 37;

  // Outliers, and numbers beside the least that counts.
  void SetUp() override {
    for (std::size_t i = 0; i < x_.size(); i += 11) x_[i] *= 300;
    for (std::size_t i = 0; i < x_.size(); i += 7) x_[i] *= 0x1p-56f;
    for (std::size_t i = 0; i < weights_.size(); i += 5) weights_[i] *= 0x1p-20f;
    for (std::size_t i = 0; i < weights_.size(); i += 13) weights_[i] *= 0x1p-56f;
    groups_ = packed();
  }

  AlignedBytes packed() const {
    std::vector<std::byte> blocks(formats::bytes_of(*GetParam().format, weights_.size()));
    GetParam().format->encode(weights_.data(), nullptr, blocks.data(), weights_.size());
    return pack_rows(format_, blocks.data(), kRows, length_);
  }

  // The weights as they are multiplied.
  std::vector<float> rounded_weights() const {
    std::vector<std::byte> blocks(formats::bytes_of(*GetParam().format, weights_.size()));
    std::vector<float> values(weights_.size());
    GetParam().format->encode(weights_.data(), nullptr, blocks.data(), weights_.size());
    GetParam().format->decode(blocks.data(), values.data(), values.size());
    std::transform(values.begin(), values.end(), values.begin(), rounded);
    return values;
  }

  std::vector<float> multiply(std::size_t first, std::size_t rows, std::size_t token, std::size_t tokens, bool biased = true) const {
    const PreparedTokens x(format_, x_, kTokens, length_);
    return packed_product(format_, groups_, x.rows.from(token), first, rows, tokens, biased ? bias_.data() + first : nullptr);
  }

  const std::size_t length_ = GetParam().length;
  const PackedFormat& format_ = *packed_format(GetParam().isa, *GetParam().format);
  Random random_{11};
  std::vector<float> weights_ = random_values(random_, kRows* length_), x_ = random_values(random_, kTokens* length_);
  std::vector<float> bias_ = random_values(random_, kRows);
  AlignedBytes groups_;
};

TEST_P(Halves, AreSummedPairAfterPairOddElementFirst) {
  const std::vector<float> y = multiply(0, kRows, 0, kTokens), weights = rounded_weights();
  const auto step = [&](std::size_t row, std::size_t token, std::size_t i, float sum) {
    return i < length_ ? std::fma(weights[row * length_ + i], rounded(x_[token * length_ + i]), sum) : sum;
  };
  for (std::size_t t = 0; t < kTokens; ++t)
    for (std::size_t r = 0; r < kRows; ++r) {
      float sum = 0;
      for (std::size_t i = 0; i < length_; i += 2) sum = step(r, t, i, step(r, t, i + 1, sum));
      ASSERT_EQ(y[t * kRows + r], sum + bias_[r]) << "row " << r << " token " << t;
    }
}

TEST_P(Halves, GiveATokenAndARowTheSameBitsInAnyCompany) {
  const std::vector<float> all = multiply(0, kRows, 0, kTokens, false);
  for (std::size_t tokens = 1; tokens <= 27; ++tokens)
    for (const std::size_t first : {0, 5, 31}) {
      const std::size_t token = (tokens * 7) % (kTokens - tokens), rows = std::min<std::size_t>(kRows - first, 3 + tokens);
      const std::vector<float> some = multiply(first, rows, token, tokens, false);
      for (std::size_t t = 0; t < tokens; ++t)
        ASSERT_EQ(std::memcmp(&some[t * rows], &all[(token + t) * kRows + first], rows * sizeof(float)), 0) << tokens << " from " << first;
    }
}

TEST_P(Halves, CarryWhatIsNoNumberIntoTheResult) {
  const float bad[] = {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()};
  for (std::size_t i = 0; i < 2; ++i) x_[(i + 1) * length_ - 1] = bad[i];
  const std::vector<float> y = multiply(0, kRows, 0, 4);
  for (std::size_t i = 0; i < 4 * kRows; ++i) EXPECT_EQ(std::isfinite(y[i]), i >= 2 * kRows) << i;
}

INSTANTIATE_TEST_SUITE_P(Every, Halves, testing::ValuesIn(cases()), testing::PrintToStringParamName());

}  // namespace
}  // namespace tightrope::kernels
