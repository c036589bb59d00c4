// UTF-8 is judged as Unicode's table of well-formed byte sequences does it; quoted names are safe to print.
#include <gtest/gtest.h>

#include "checkpoint/names.h"

namespace tightrope::checkpoint {
namespace {

TEST(Names, KnowWellFormedUtf8) {
  for (const char* good :
       {"", "plain", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad : {"\x80", "\xc0\xaf", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82", "\xf0\x8f\xbf\xbf",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "a\xff", "\xc2\x41"})
    EXPECT_FALSE(is_utf8(bad)) << bad;
}

TEST(Names, AreQuotedHarmlessly) {
  EXPECT_EQ(quote("blk.0.weight"), "'blk.0.weight'");
  EXPECT_EQ(quote("é"), "'é'");
  EXPECT_EQ(quote("\x1b]0;\x07"), R"('\x1b]0;\x07')");
  EXPECT_EQ(quote("\xc2\x9b"), R"('\xc2\x9b')");
  EXPECT_EQ(quote("\xff"), R"('\xff')");
  EXPECT_EQ(quote(std::string(1000, 'x')).size(), 1 + 95 + std::string("…'").size());
}

}  // namespace
}  // namespace tightrope::checkpoint
