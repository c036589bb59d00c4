// What every weight format promises, checked for each row of the registry.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/random.h"
#include "formats/format.h"
#include "support/readable_parameters.h"
#include "support/sample_weights.h"

namespace tightrope {
namespace {

using formats::Format;
using formats::Kind;

std::vector<const Format*> computing_formats() {
  std::vector<const Format*> computing;
  for (const Format* format : formats::all())
    if (format->kind != Kind::integer) computing.push_back(format);
  return computing;
}

struct Coded {
  std::vector<std::byte> bytes;
  std::vector<float> values;
};

class EveryFormat : public testing::TestWithParam<const Format*> {
 protected:
  const Format& format_ = *GetParam();

  Coded code(const std::vector<float>& weights, const float* importance = nullptr) const {
    Coded coded{std::vector<std::byte>(formats::bytes_of(format_, weights.size())), std::vector<float>(weights.size())};
    format_.encode(weights.data(), importance, coded.bytes.data(), weights.size());
    format_.decode(coded.bytes.data(), coded.values.data(), weights.size());
    return coded;
  }
};

double weighted_error(const std::vector<float>& a, const std::vector<float>& b, const std::vector<float>& importance) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(importance[i]) * (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

double rms_error(const std::vector<float>& a, const std::vector<float>& b) {
  return std::sqrt(weighted_error(a, b, std::vector<float>(a.size(), 1.0f)) / static_cast<double>(a.size()));
}

// The declared figure is neither missed nor generous.
TEST_P(EveryFormat, ErrorIsTheDeclaredOne) {
  const std::vector<float> weights = tests::sample_weights(0, 1 << 16, 5);
  const double error = rms_error(code(weights).values, weights);
  EXPECT_LE(error, format_.max_rms_error);
  EXPECT_GE(error, 0.7 * format_.max_rms_error);
}

// Half a step of the widest code, from the largest magnitude of a block; more would mean a broken layout, whatever the mean error says.
TEST_P(EveryFormat, NoValueStraysFar) {
  if (format_.kind == Kind::plain) GTEST_SKIP() << "no blocks";
  for (int kind = 0; kind < tests::kOrdinaryKinds; ++kind) {
    const std::vector<float> weights = tests::sample_weights(kind, 1 << 13, 6);
    const std::vector<float> values = code(weights).values;
    for (std::size_t at = 0; at < weights.size(); at += format_.block_elements) {
      float largest = 0;
      for (std::size_t i = 0; i < format_.block_elements; ++i) largest = std::max(largest, std::fabs(weights[at + i]));
      for (std::size_t i = at; i < at + format_.block_elements; ++i)
        ASSERT_LE(std::fabs(values[i] - weights[i]), largest * std::min(1.0, 8.0 * format_.max_rms_error))
            << tests::sample_name(kind) << ", element " << i << ": " << weights[i] << " became " << values[i];
    }
  }
}

TEST_P(EveryFormat, BlocksStandAlone) {
  const std::vector<float> weights = tests::sample_weights(2, 7 * 256, 8);
  const Coded together = code(weights);
  for (std::size_t at = 0; at < weights.size(); at += format_.block_elements) {
    const auto begin = weights.begin() + static_cast<std::ptrdiff_t>(at);
    const Coded alone = code(std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(format_.block_elements)));
    const std::size_t byte = at / format_.block_elements * format_.block_bytes;
    ASSERT_EQ(std::memcmp(alone.bytes.data(), together.bytes.data() + byte, format_.block_bytes), 0) << "block at element " << at;
  }
}

TEST_P(EveryFormat, ZerosStayZeros) {
  for (const float value : code(std::vector<float>(512, 0.0f)).values) ASSERT_EQ(value, 0.0f);
}

// Scales are finite and nothing decodes to NaN or infinity, up to the largest float; f16 itself may overflow.
TEST_P(EveryFormat, FiniteWeightsStayFinite) {
  const std::vector<float> importance = tests::sample_importance(1 << 14, 4);
  for (int kind = 0; kind < tests::kSampleKinds; ++kind) {
    const std::vector<float> weights = tests::sample_weights(kind, 1 << 14, 9);
    for (const float* factors : {static_cast<const float*>(nullptr), importance.data()})
      for (const float value : code(weights, factors).values) {
        ASSERT_FALSE(std::isnan(value)) << tests::sample_name(kind);
        ASSERT_TRUE(std::isfinite(value) || format_.kind == Kind::plain) << tests::sample_name(kind);
      }
  }
}

// Weights that are not finite are refused before; should they come, the block is still well-formed and nothing is undefined.
TEST_P(EveryFormat, NotFiniteWeightsMakeNoNanScales) {
  if (format_.kind == Kind::plain) GTEST_SKIP() << "keeps NaN and infinity";
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), kInfinity, -kInfinity}) {
    std::vector<float> weights = tests::sample_weights(0, 256, 3);
    for (const std::size_t at : {0, 17, 255}) weights[at] = bad;
    for (const float value : code(weights).values) ASSERT_FALSE(std::isnan(value));
    for (const float value : code(std::vector<float>(256, bad)).values) ASSERT_FALSE(std::isnan(value));
  }
}

// Over all ordinary weights, so that a row that could promise it and does not is found as well as one that promises too much.
TEST_P(EveryFormat, ReencodesExactlyIfItSaysSo) {
  std::size_t changed = 0;
  for (int kind = 0; kind < tests::kOrdinaryKinds; ++kind) {
    const Coded once = code(tests::sample_weights(kind, 1 << 14, 11));
    const Coded twice = code(once.values);
    for (std::size_t i = 0; i < once.values.size(); ++i) changed += once.values[i] != twice.values[i];
  }
  EXPECT_EQ(changed == 0, format_.reencodes_exactly) << changed << " values changed";
}

// A second coding adds less than a tenth of the first error.
TEST_P(EveryFormat, RecodingAddsLittle) {
  const std::vector<float> weights = tests::sample_weights(0, 1 << 14, 12);
  const Coded once = code(weights);
  EXPECT_LE(rms_error(code(once.values).values, weights), 1.1 * rms_error(once.values, weights));
}

TEST_P(EveryFormat, ImportanceNeverRaisesTheWeightedError) {
  for (int kind = 0; kind < tests::kOrdinaryKinds; ++kind) {
    const std::vector<float> weights = tests::sample_weights(kind, 1 << 13, 13);
    const std::vector<float> importance = tests::sample_importance(weights.size(), 14);
    const double plain = weighted_error(code(weights).values, weights, importance);
    const double weighted = weighted_error(code(weights, importance.data()).values, weights, importance);
    EXPECT_LE(weighted, plain) << tests::sample_name(kind);
    EXPECT_TRUE(!format_.uses_importance || kind != 0 || weighted < 0.95 * plain) << "importance was ignored";
  }
}

TEST_P(EveryFormat, ImportanceChangesNoByteUnlessItIsUsed) {
  if (format_.uses_importance) GTEST_SKIP() << "must improve by it instead";
  for (int kind = 0; kind < tests::kSampleKinds; ++kind) {
    const std::vector<float> weights = tests::sample_weights(kind, 1 << 13, 13);
    const std::vector<float> importance = tests::sample_importance(weights.size(), 14);
    EXPECT_TRUE(code(weights).bytes == code(weights, importance.data()).bytes) << tests::sample_name(kind);
  }
}

// Random bytes decode without trapping; the sanitizers see to the rest.
TEST_P(EveryFormat, AnyBytesDecode) {
  Random random(15);
  std::vector<std::byte> bytes(format_.block_bytes * 500);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next() & 255);
  std::vector<float> values(format_.block_elements * 500);
  format_.decode(bytes.data(), values.data(), values.size());
  EXPECT_TRUE(std::any_of(values.begin(), values.end(), [](float value) { return std::isfinite(value) && value != 0; }));
}

TEST_P(EveryFormat, NothingIsEncodedOrDecodedForNoElements) {
  std::byte bytes[1] = {std::byte{7}};
  float values[1] = {7};
  format_.encode(values, nullptr, bytes, 0);
  format_.decode(bytes, values, 0);
  EXPECT_EQ(bytes[0], std::byte{7});
  EXPECT_EQ(values[0], 7);
}

INSTANTIATE_TEST_SUITE_P(All, EveryFormat, testing::ValuesIn(computing_formats()),
                         [](const testing::TestParamInfo<const Format*>& row) { return std::string(row.param->name); });

TEST(FormatRegistry, NamesAndNumbersAreUnique) {
  for (const Format* a : formats::all()) {
    EXPECT_EQ(formats::find(a->name), a);
    EXPECT_EQ(formats::find_gguf_type(static_cast<std::uint32_t>(a->gguf_type)), a->gguf_type >= 0 ? a : nullptr) << a->name;
    EXPECT_EQ(formats::find_safetensors_dtype(a->safetensors_dtype), a->safetensors_dtype.empty() ? nullptr : a) << a->name;
    EXPECT_FALSE(a->summary.empty()) << a->name;
    EXPECT_EQ(a->encode == nullptr, a->kind == Kind::integer) << a->name;
    EXPECT_EQ(a->decode == nullptr, a->kind == Kind::integer) << a->name;
  }
  EXPECT_EQ(formats::find("Q4_K"), formats::find("q4_k"));
  EXPECT_EQ(formats::find("q4_x"), nullptr);
  EXPECT_EQ(formats::find_gguf_type(4), nullptr);
  EXPECT_EQ(formats::find_gguf_type(0xffffffffu), nullptr);
  EXPECT_EQ(formats::find_safetensors_dtype(""), nullptr);
  EXPECT_THROW(formats::get("q4_x"), Error);
}

// A row too narrow for its format falls back to one with smaller blocks, until none is left.
TEST(FormatRegistry, FallbacksExistAndNarrow) {
  for (const Format* format : formats::all()) {
    if (format->fallback.empty()) continue;
    const Format* other = formats::find(format->fallback);
    ASSERT_NE(other, nullptr) << format->name;
    EXPECT_LT(other->block_elements, format->block_elements) << format->name;
    EXPECT_GE(other->bits_per_element(), format->bits_per_element()) << format->name;
  }
}

TEST(FormatRegistry, SizesAreChecked) {
  const Format& q4_k = formats::get("q4_k");
  EXPECT_EQ(formats::bytes_of(q4_k, 512), 288u);
  EXPECT_EQ(formats::bytes_of(q4_k, 0), 0u);
  EXPECT_THROW(formats::bytes_of(q4_k, 100), Error);
  EXPECT_THROW(formats::bytes_of(formats::get("f64"), std::uint64_t{1} << 61), Error);
}

}  // namespace
}  // namespace tightrope
