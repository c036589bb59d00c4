// Integer products of every packed format on every instruction set: against decoded weights in double precision, and bit for bit against
// the scalar version.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "kernels/integer.h"
#include "support/packed_product.h"
#include "support/readable_parameters.h"

namespace tightrope::kernels {
namespace {

// Whether a format's activations are of 8 bits; those of 16-bit formats have a test of their own.
bool is_integer(const formats::Format& format) { return format.kind != formats::Kind::plain; }

struct Case {
  Isa isa;
  const formats::Format* format;
  std::size_t length;
  friend std::ostream& operator<<(std::ostream& to, const Case& which) {
    return to << isa_name(which.isa) << "_" << which.format->name << "_" << which.length;
  }
};

// Lengths of many blocks, of one, and of three, which begin a unit of the packed form that they do not fill.
std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Isa isa : available_isas())
    for (const formats::Format* format : formats::all())
      for (const std::size_t length : {32, 96, 1280})
        if (packed_format(isa, *format) != nullptr && is_integer(*format) && length % format->block_elements == 0)
          all.push_back({isa, format, length});
  return all;
}

class Integers : public testing::TestWithParam<Case> {
 protected:
  static constexpr std::size_t kRows = 45, kTokens = 37;

  Integers() {
    GetParam().format->encode(weights_.data(), nullptr, blocks_.data(), weights_.size());
    GetParam().format->decode(blocks_.data(), decoded_.data(), decoded_.size());
    // Some tokens with an outlier, one of zeros.
    for (std::size_t t = 0; t < kTokens; t += 5) x_[t * length_ + 17 * t % length_] = 60;
    std::fill_n(x_.begin() + 3 * length_, length_, 0.0f);
  }

  std::vector<float> multiply(Isa isa, std::size_t first, std::size_t rows, std::size_t token, std::size_t tokens, bool bias = true) {
    const PackedFormat& packing = *packed_format(isa, *GetParam().format);
    const PreparedTokens x(packing, x_, kTokens, length_);
    return packed_product(packing, pack_rows(packing, blocks_.data(), kRows, length_), x.rows.from(token), first, rows, tokens,
                          bias ? bias_.data() + first : nullptr);
  }

  const std::size_t length_ = GetParam().length;
  Random random_{11};
  std::vector<float> weights_ = random_values(random_, kRows* length_), x_ = random_values(random_, kTokens* length_);
  std::vector<float> bias_ = random_values(random_, kRows), decoded_ = weights_;
  std::vector<std::byte> blocks_{kRows * formats::bytes_of(*GetParam().format, length_)};
};

TEST_P(Integers, EqualDecodedWeightsTimesRoundedActivations) {
  const std::vector<float> y = multiply(GetParam().isa, 0, kRows, 0, kTokens);
  const PreparedTokens activations(*packed_format(GetParam().isa, *GetParam().format), x_, kTokens, length_);
  const QuantisedRows quantised = QuantisedRows::in(activations.rows);
  for (std::size_t t = 0; t < kTokens; ++t)
    for (std::size_t r = 0; r < kRows; ++r) {
      double sum = bias_[r], size = std::fabs(bias_[r]);
      for (std::size_t i = 0; i < length_; ++i) {
        const std::size_t at = t * length_ + i;
        const double product = static_cast<double>(quantised.scales[at / 32]) * quantised.codes[at] * decoded_[r * length_ + i];
        sum += product;
        size += std::fabs(product);
      }
      // Each of the 80 or 160 steps rounds to 2^-24 of what has been summed, and the weights' own products to 2^-24 of themselves.
      ASSERT_NEAR(y[t * kRows + r], sum, size * 0x1p-19) << "row " << r << " token " << t;
    }
}

TEST_P(Integers, RoundActivationsToWithinHalfAStep) {
  const PreparedTokens activations(*packed_format(GetParam().isa, *GetParam().format), x_, kTokens, length_);
  const QuantisedRows quantised = QuantisedRows::in(activations.rows);
  for (std::size_t i = 0; i < x_.size(); ++i) {
    const float scale = quantised.scales[i / 32];
    ASSERT_NEAR(scale * static_cast<float>(quantised.codes[i]), x_[i], scale * 0.5001f) << i;
  }
}

TEST_P(Integers, GiveTheBitsOfTheScalarVersion) {
  EXPECT_EQ(multiply(GetParam().isa, 0, kRows, 0, kTokens), multiply(Isa::scalar, 0, kRows, 0, kTokens));
}

TEST_P(Integers, GiveATokenAndARowTheSameBitsInAnyCompany) {
  const std::vector<float> all = multiply(GetParam().isa, 0, kRows, 0, kTokens, false);
  for (std::size_t tokens = 1; tokens <= 19; ++tokens)
    for (const std::size_t first : {0, 5, 16, 31}) {
      const std::size_t token = (tokens * 7) % (kTokens - tokens), rows = std::min<std::size_t>(kRows - first, 3 + tokens);
      const std::vector<float> some = multiply(GetParam().isa, first, rows, token, tokens, false);
      for (std::size_t t = 0; t < tokens; ++t)
        ASSERT_EQ(std::memcmp(&some[t * rows], &all[(token + t) * kRows + first], rows * sizeof(float)), 0) << tokens << " from " << first;
    }
}

TEST_P(Integers, CarryWhatIsNoNumberIntoTheResult) {
  const float bad[] = {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()};
  for (std::size_t i = 0; i < 2; ++i) x_[i * length_ + 100 % length_] = bad[i];
  const std::vector<float> y = multiply(GetParam().isa, 0, kRows, 0, 4);
  for (std::size_t i = 0; i < 4 * kRows; ++i) EXPECT_EQ(std::isfinite(y[i]), i >= 2 * kRows) << i;
}

INSTANTIATE_TEST_SUITE_P(Every, Integers, testing::ValuesIn(cases()), testing::PrintToStringParamName());

}  // namespace
}  // namespace tightrope::kernels
