// Options described once: reading, writing, refusing.
#include "recipe/schema.h"

#include <gtest/gtest.h>

namespace tightrope::recipe {
namespace {

struct Sample {
  std::string name = "default";
  bool on = false;
  float ratio = 0.5f;
  std::uint64_t count = 3;
};
constexpr auto kSchema = fields(field("name", &Sample::name, "what it is called"), field("on", &Sample::on, "whether"),
                                field("ratio", &Sample::ratio, "how much"), field("count", &Sample::count, "how many"));

TEST(Schema, AbsentFieldsKeepTheirDefaultsAndPresentOnesDoNot) {
  const Sample sample = read_options<Sample>(Json::parse(R"({"on": true, "count": 7})", "test"), kSchema, "sample");
  EXPECT_EQ(sample.name, "default");
  EXPECT_TRUE(sample.on);
  EXPECT_EQ(sample.count, 7u);
}

TEST(Schema, WritingAndReadingGivesTheSameOptions) {
  const Sample sample{.name = "x", .on = true, .ratio = 0.25f, .count = 9};
  const Sample again = read_options<Sample>(write_options(sample, kSchema), kSchema, "sample");
  EXPECT_EQ(again.name, "x");
  EXPECT_TRUE(again.on);
  EXPECT_FLOAT_EQ(again.ratio, 0.25f);
  EXPECT_EQ(again.count, 9u);
}

TEST(Schema, AnUnknownKeyIsRefusedNamingItAndTheFields) {
  try {
    read_options<Sample>(Json::parse(R"({"rato": 1})", "test"), kSchema, "sample");
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_NE(std::string(error.what()).find("rato"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("ratio"), std::string::npos);
  }
}

TEST(Schema, AWrongKindIsMalformed) {
  EXPECT_THROW(read_options<Sample>(Json::parse(R"({"count": "three"})", "test"), kSchema, "sample"), Error);
}

TEST(Schema, DescribesEveryFieldWithItsDefault) {
  const auto list = describe<Sample>(kSchema);
  ASSERT_EQ(list.size(), 4u);
  EXPECT_EQ(list[3].name, "count");
  EXPECT_EQ(list[3].fallback.as_uint("count"), 3u);
}

}  // namespace
}  // namespace tightrope::recipe
