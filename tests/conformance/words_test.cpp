// Products of packed floats, and of rows of bytes, on every instruction set: bit for bit by their definitions, which are computed here one
// number at a time.
#include "kernels/words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "support/packed_product.h"
#include "support/readable_parameters.h"

namespace tightrope::kernels {
namespace {

struct Case {
  Isa isa;
  bool bytes;
  std::size_t length;
  friend std::ostream& operator<<(std::ostream& to, const Case& which) {
    return to << isa_name(which.isa) << (which.bytes ? "_bytes_" : "_floats_") << which.length;
  }
};

const PackedFormat* packing(const Case& which) {
  return which.bytes ? byte_rows(which.isa) : packed_format(which.isa, formats::get("f32"));
}

// Lengths of whole and part vectors, of one and several stretches, and one whose rows are copied apart.
std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Isa isa : available_isas())
    for (const bool bytes : {false, true})
      for (const std::size_t length : {1, 3, 30, 256, 512, 700}) {
        const Case which{isa, bytes, length};
        if (packing(which) != nullptr) all.push_back(which);
      }
  return all;
}

class Words : public testing::TestWithParam<Case> {
 protected:
  static constexpr std::size_t kRows = 45, kTokens = 37;

  // Outliers, tiny numbers, a row of zeros, and one token of numbers all above zero.
  void SetUp() override {
    for (std::size_t i = 0; i < x_.size(); i += 11) x_[i] *= 300;
    for (std::size_t i = 0; i < weights_.size(); i += 5) weights_[i] *= 0x1p-20f;
    for (std::size_t i = 0; i < length_; ++i) weights_[2 * length_ + i] = 0;
    for (std::size_t i = 0; i < length_; ++i) x_[3 * length_ + i] = std::fabs(x_[3 * length_ + i]);
    for (std::size_t i = 0; i < length_; ++i) x_[5 * length_ + i] *= 1e-36f;
    pack();
  }

  void pack() { groups_ = pack_rows(format_, reinterpret_cast<const std::byte*>(weights_.data()), kRows, length_); }

  std::vector<float> multiply(std::size_t first, std::size_t rows, std::size_t token, std::size_t tokens, bool biased = true) const {
    return multiply(PreparedTokens(format_, x_, kTokens, length_).rows.from(token), first, rows, tokens, biased);
  }
  std::vector<float> multiply(const PreparedRows& x, std::size_t first, std::size_t rows, std::size_t tokens, bool biased) const {
    return packed_product(format_, groups_, x, first, rows, tokens, biased ? bias_.data() + first : nullptr);
  }

  float float_product(std::size_t row, std::size_t token) const {
    float y = 0;
    for (std::size_t first = 0; first < length_; first += kFloatStretch) {
      float sum = 0;
      for (std::size_t i = first; i < std::min(first + kFloatStretch, length_); ++i)
        sum = std::fma(weights_[row * length_ + i], x_[token * length_ + i], sum);
      y = first == 0 ? sum : y + sum;
    }
    return y + bias_[row];
  }

  float byte_product(std::size_t row, std::size_t token) const {
    const float *w = weights_.data() + row * length_, *x = x_.data() + token * length_;
    float largest = 0, low = 0, high = 0;
    for (std::size_t i = 0; i < length_; ++i) {
      largest = std::max(largest, std::fabs(w[i]));
      low = std::min(low, x[i]);
      high = std::max(high, x[i]);
    }
    const float scale = largest / 127, width = high - low, inverse = width > 1e-30f ? 255 / width : 0;
    const auto nearest = [](float value) { return static_cast<std::int64_t>(std::nearbyint(value)); };
    const std::int64_t zero = nearest(-low * inverse);
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < length_; ++i) {
      const std::int64_t code = std::clamp<std::int64_t>(nearest(x[i] * inverse) + zero, 0, 255);
      sum += (scale > 1e-30f ? nearest(w[i] * (1 / scale)) : 0) * (code - zero);
    }
    return std::fma(static_cast<float>(sum), scale * (width / 255), bias_[row]);
  }

  const std::size_t length_ = GetParam().length;
  const PackedFormat& format_ = *packing(GetParam());
  Random random_{11};
  std::vector<float> weights_ = random_values(random_, kRows* length_), x_ = random_values(random_, kTokens* length_);
  std::vector<float> bias_ = random_values(random_, kRows);
  AlignedBytes groups_;
};

TEST_P(Words, AreSummedAsTheirDefinitionSays) {
  const std::vector<float> y = multiply(0, kRows, 0, kTokens);
  for (std::size_t t = 0; t < kTokens; ++t)
    for (std::size_t r = 0; r < kRows; ++r)
      ASSERT_EQ(y[t * kRows + r], GetParam().bytes ? byte_product(r, t) : float_product(r, t)) << "row " << r << " token " << t;
}

TEST_P(Words, GiveATokenAndARowTheSameBitsInAnyCompany) {
  const std::vector<float> all = multiply(0, kRows, 0, kTokens, false);
  for (std::size_t tokens = 1; tokens <= 27; ++tokens)
    for (const std::size_t first : {0, 5, 31}) {
      const std::size_t token = (tokens * 7) % (kTokens - tokens), rows = std::min<std::size_t>(kRows - first, 3 + tokens);
      const std::vector<float> some = multiply(first, rows, token, tokens, false);
      for (std::size_t t = 0; t < tokens; ++t)
        ASSERT_EQ(std::memcmp(&some[t * rows], &all[(token + t) * kRows + first], rows * sizeof(float)), 0) << tokens << " from " << first;
    }
}

// Bytes never are, nor are floats whose rows would meet in the cache.
TEST_P(Words, ReadRowsThatArePreparedAsTheyAre) {
  const Preparation& preparation = *format_.preparation;
  const bool can = preparation.as_they_are != nullptr && preparation.as_they_are(length_);
  ASSERT_EQ(can, !GetParam().bytes && length_ != 512);
  if (!can) return;
  const PreparedRows rows{reinterpret_cast<std::byte*>(x_.data()), kTokens, length_};
  const std::vector<float> some = multiply(rows.from(4), 0, kRows, 20, true), same = multiply(0, kRows, 4, 20);
  EXPECT_EQ(std::memcmp(some.data(), same.data(), same.size() * sizeof(float)), 0);
}

TEST_P(Words, CarryWhatIsNoNumberIntoTheResult) {
  const float bad[] = {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN(),
                       -std::numeric_limits<float>::infinity()};
  for (std::size_t i = 0; i < 3; ++i) x_[(i + 1) * length_ - 1] = bad[i];
  weights_[4 * length_] = bad[1];
  pack();
  const std::vector<float> y = multiply(0, kRows, 0, 6);
  for (std::size_t t = 0; t < 6; ++t)
    for (std::size_t r = 0; r < kRows; ++r) EXPECT_EQ(std::isfinite(y[t * kRows + r]), t >= 3 && r != 4) << "row " << r << " token " << t;
}

INSTANTIATE_TEST_SUITE_P(Every, Words, testing::ValuesIn(cases()), testing::PrintToStringParamName());

}  // namespace
}  // namespace tightrope::kernels
