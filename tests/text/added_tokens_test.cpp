// Added tokens: leftmost, longest, with the spaces and the word borders their flags ask for.
#include "text/added_tokens.h"

#include <gtest/gtest.h>

#include <string>

namespace tightrope::text {
namespace {

using Added = TokenizerDefinition::Added;

// "plain|<id>text|plain", the parts in order.
std::string parts_of(const std::vector<Added>& tokens, std::string_view text, bool parse_special = true) {
  std::vector<AddedTokens::Entry> entries;
  for (const Added& token : tokens) entries.push_back({token.content, token});
  std::string out;
  AddedTokens(entries).split(text, parse_special, [&](const Segment& segment) {
    if (!out.empty()) out += '|';
    if (segment.id >= 0) out.append("<").append(std::to_string(segment.id)).append(">");
    out += segment.text;
  });
  return out;
}

TEST(AddedTokens, LeftmostThenLongest) {
  const std::vector<Added> tokens = {{.id = 1, .content = "ab"}, {.id = 2, .content = "abcd"}, {.id = 3, .content = "bcx"}};
  EXPECT_EQ(parts_of(tokens, "xabcdab abcx"), "x|<2>abcd|<1>ab| |<1>ab|cx");
  EXPECT_EQ(parts_of(tokens, "abcabc"), "<1>ab|c|<1>ab|c");
  EXPECT_EQ(parts_of(tokens, "bcbcx"), "bc|<3>bcx");
  EXPECT_EQ(parts_of(tokens, ""), "");
  EXPECT_EQ(parts_of({}, "ab"), "ab");
}

TEST(AddedTokens, SingleWordNeedsBordersAndUsesUpItsText) {
  const std::vector<Added> tokens = {{.id = 1, .content = "cat", .single_word = true}, {.id = 2, .content = "at"}};
  EXPECT_EQ(parts_of(tokens, "cat, cats"), "<1>cat|, cats");
  EXPECT_EQ(parts_of(tokens, "bat"), "b|<2>at");
  EXPECT_EQ(parts_of(tokens, "_cat cat\xc3\xa9 (cat)"), "_cat cat\xc3\xa9 (|<1>cat|)");
}

TEST(AddedTokens, SwallowSpaces) {
  const std::vector<Added> tokens = {{.id = 1, .content = "<l>", .left_strip = true}, {.id = 2, .content = "<r>", .right_strip = true}};
  EXPECT_EQ(parts_of(tokens, "a \t<l> b"), "a|<1> \t<l>| b");
  EXPECT_EQ(parts_of(tokens, "a <r>\xe3\x80\x80 b"), "a |<2><r>\xe3\x80\x80 |b");
  EXPECT_EQ(parts_of(tokens, "<r>  <l>"), "<2><r>  |<1><l>");
}

TEST(AddedTokens, SpecialOnesCanBePlainText) {
  const std::vector<Added> tokens = {{.id = 1, .content = "<s>", .special = true}, {.id = 2, .content = "[t]"}};
  EXPECT_EQ(parts_of(tokens, "<s>[t]", true), "<1><s>|<2>[t]");
  EXPECT_EQ(parts_of(tokens, "<s>[t]", false), "<s>|<2>[t]");
}

}  // namespace
}  // namespace tightrope::text
