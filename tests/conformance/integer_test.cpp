// Integer products of every packed format on every instruction set: against decoded weights in double precision, and bit for bit against
// the scalar version.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "base/random.h"
#include "kernels/aligned.h"
#include "kernels/integer.h"
#include "support/readable_parameters.h"

namespace tightrope::kernels {
namespace {

using AlignedBytes = std::vector<std::byte, AlignedAllocator<std::byte>>;

std::vector<float> random_values(Random& random, std::size_t count) {
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

// Activations prepared for a format, and the memory they lie in.
struct Activations {
  Activations(const PackedFormat& packing, const std::vector<float>& x, std::size_t tokens, std::size_t length)
      : memory(packing.preparation->bytes(tokens, length)), rows{memory.data(), tokens, length}, quantised(QuantisedRows::in(rows)) {
    for (std::size_t t = 0; t < tokens; ++t) packing.preparation->prepare(x.data() + t * length, rows.from(t));
  }
  AlignedBytes memory;
  PreparedRows rows;
  QuantisedRows quantised;
};

// Whether a format's activations are of 8 bits; those of 16-bit formats have a test of their own.
bool is_integer(const formats::Format& format) { return format.kind != formats::Kind::plain; }

AlignedBytes pack(const PackedFormat& packing, const std::vector<std::byte>& blocks, std::size_t rows, std::size_t length) {
  const std::size_t groups = (rows + kGroupRows - 1) / kGroupRows, row_bytes = blocks.size() / rows;
  AlignedBytes packed(groups * packing.group_bytes(length));
  for (std::size_t g = 0; g < groups; ++g)
    packing.pack(blocks.data() + g * kGroupRows * row_bytes, std::min(kGroupRows, rows - g * kGroupRows), length,
                 packed.data() + g * packing.group_bytes(length));
  return packed;
}

struct Case {
  Isa isa;
  const formats::Format* format;
  friend std::ostream& operator<<(std::ostream& to, const Case& which) { return to << isa_name(which.isa) << "_" << which.format->name; }
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Isa isa : available_isas())
    for (const formats::Format* format : formats::all())
      if (packed_format(isa, *format) != nullptr && is_integer(*format)) all.push_back({isa, format});
  return all;
}

class Integers : public testing::TestWithParam<Case> {
 protected:
  static constexpr std::size_t kLength = 1024 + 256, kRows = 45, kTokens = 37;

  Integers() {
    GetParam().format->encode(weights_.data(), nullptr, blocks_.data(), weights_.size());
    GetParam().format->decode(blocks_.data(), decoded_.data(), decoded_.size());
    // Some tokens with an outlier, one of zeros.
    for (std::size_t t = 0; t < kTokens; t += 5) x_[t * kLength + 17 * t] = 60;
    std::fill_n(x_.begin() + 3 * kLength, kLength, 0.0f);
  }

  std::vector<float> multiply(Isa isa, std::size_t first, std::size_t rows, std::size_t token, std::size_t tokens, bool bias = true) {
    const PackedFormat& packing = *packed_format(isa, *GetParam().format);
    const AlignedBytes packed = pack(packing, blocks_, kRows, kLength);
    const Activations activations(packing, x_, kTokens, kLength);
    std::vector<float> y(tokens * (rows + 1), std::numeric_limits<float>::quiet_NaN());
    packing.matmul({.groups = packed.data(),
                    .x = activations.rows.from(token),
                    .y = y.data(),
                    .first_row = first,
                    .rows = rows,
                    .tokens = tokens,
                    .y_stride = rows + 1,
                    .bias = bias ? bias_.data() + first : nullptr});
    std::vector<float> result;
    for (auto row = y.begin(); row != y.end(); row += static_cast<std::ptrdiff_t>(rows) + 1) {
      result.insert(result.end(), row, row + static_cast<std::ptrdiff_t>(rows));
      EXPECT_TRUE(std::isnan(row[static_cast<std::ptrdiff_t>(rows)])) << "wrote beyond a row";
    }
    return result;
  }

  Random random_{11};
  std::vector<float> weights_ = random_values(random_, kRows* kLength), x_ = random_values(random_, kTokens* kLength);
  std::vector<float> bias_ = random_values(random_, kRows), decoded_ = weights_;
  std::vector<std::byte> blocks_{kRows * formats::bytes_of(*GetParam().format, kLength)};
};

TEST_P(Integers, EqualDecodedWeightsTimesRoundedActivations) {
  const std::vector<float> y = multiply(GetParam().isa, 0, kRows, 0, kTokens);
  const Activations activations(*packed_format(GetParam().isa, *GetParam().format), x_, kTokens, kLength);
  for (std::size_t t = 0; t < kTokens; ++t)
    for (std::size_t r = 0; r < kRows; ++r) {
      double sum = bias_[r], size = std::fabs(bias_[r]);
      for (std::size_t i = 0; i < kLength; ++i) {
        const std::size_t at = t * kLength + i;
        const double product =
            static_cast<double>(activations.quantised.scales[at / 32]) * activations.quantised.codes[at] * decoded_[r * kLength + i];
        sum += product;
        size += std::fabs(product);
      }
      // Each of the 80 or 160 steps rounds to 2^-24 of what has been summed, and the weights' own products to 2^-24 of themselves.
      ASSERT_NEAR(y[t * kRows + r], sum, size * 0x1p-19) << "row " << r << " token " << t;
    }
}

TEST_P(Integers, RoundActivationsToWithinHalfAStep) {
  const Activations activations(*packed_format(GetParam().isa, *GetParam().format), x_, kTokens, kLength);
  for (std::size_t i = 0; i < x_.size(); ++i) {
    const float scale = activations.quantised.scales[i / 32];
    ASSERT_NEAR(scale * static_cast<float>(activations.quantised.codes[i]), x_[i], scale * 0.5001f) << i;
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
  for (std::size_t i = 0; i < 2; ++i) x_[i * kLength + 100] = bad[i];
  const std::vector<float> y = multiply(GetParam().isa, 0, kRows, 0, 4);
  for (std::size_t i = 0; i < 4 * kRows; ++i) EXPECT_EQ(std::isfinite(y[i]), i >= 2 * kRows) << i;
}

INSTANTIATE_TEST_SUITE_P(Every, Integers, testing::ValuesIn(cases()), testing::PrintToStringParamName());

}  // namespace
}  // namespace tightrope::kernels
