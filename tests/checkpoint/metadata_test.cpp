// Metadata keeps order, finds by key, and converts only what cannot change its value.
#include <gtest/gtest.h>

#include "base/error.h"
#include "checkpoint/container.h"

namespace tightrope::checkpoint {
namespace {

TEST(Metadata, KeepsTheOrderAndReplacesInPlace) {
  Metadata metadata;
  metadata.set("b", {std::uint32_t{1}});
  metadata.set("a", {std::uint32_t{2}});
  metadata.set("c", {std::uint32_t{3}});
  metadata.set("a", {std::uint32_t{4}});
  metadata.erase("b");
  metadata.erase("absent");
  ASSERT_EQ(metadata.entries().size(), 2u);
  EXPECT_EQ(metadata.entries()[0].first, "a");
  EXPECT_EQ(metadata.unsigned_or("a", 0), 4u);
  EXPECT_EQ(metadata.unsigned_or("c", 0), 3u);
  EXPECT_EQ(metadata.find("b"), nullptr);
}

TEST(Metadata, FallsBackOnlyWhenTheKeyIsAbsent) {
  Metadata metadata;
  metadata.set("text", {std::string("7")});
  metadata.set("negative", {std::int32_t{-1}});
  metadata.set("flag", {true});
  metadata.set("large", {~std::uint64_t{0}});
  metadata.set("mixed", {.data = ValueArray{{std::uint64_t{1}}, {~std::uint64_t{0}}}, .array_type = 10});
  EXPECT_EQ(metadata.unsigned_or("absent", 9), 9u);
  EXPECT_EQ(metadata.strings("absent"), nullptr);
  EXPECT_TRUE(metadata.integers("absent").empty());
  EXPECT_THROW(metadata.unsigned_or("text", 0), Error);
  EXPECT_THROW(metadata.unsigned_or("negative", 0), Error);
  EXPECT_THROW(metadata.unsigned_or("flag", 0), Error);
  EXPECT_EQ(metadata.unsigned_or("large", 0), ~std::uint64_t{0});
  EXPECT_THROW(metadata.bool_or("large", false), Error);
  EXPECT_THROW(metadata.strings("text"), Error);
  EXPECT_THROW(metadata.string_or("flag", ""), Error);
  EXPECT_THROW(metadata.integers("text"), Error);
  EXPECT_THROW(metadata.integers("mixed"), Error) << "2^64 - 1 is no int64";
  EXPECT_THROW(metadata.floats("mixed"), Error);
}

}  // namespace
}  // namespace tightrope::checkpoint
