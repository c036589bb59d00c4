// Patterns over names.
#include "base/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace tightrope {
namespace {

TEST(Glob, StarsStandForAnyRunAndQuestionMarksForOne) {
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("blocks.*", "blocks.0.attn.q"));
  EXPECT_TRUE(glob_match("blocks.*.ffn.down", "blocks.11.ffn.down"));
  EXPECT_TRUE(glob_match("*.q", "blocks.0.q.q"));
  EXPECT_TRUE(glob_match("blocks.?.x", "blocks.7.x"));
  EXPECT_FALSE(glob_match("blocks.?.x", "blocks.17.x"));
  EXPECT_FALSE(glob_match("blocks.*", "embed"));
  EXPECT_FALSE(glob_match("", "embed"));
}

TEST(Glob, ManyStarsTakeNoExponentialTime) {
  const std::string name(20000, 'a');
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "*a";
  EXPECT_FALSE(glob_match(pattern + "b", name));
}

}  // namespace
}  // namespace tightrope
