// UTF-8: which bytes are valid, and how many replacement characters the rest becomes.
#include "text/utf8.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "text/byte_alphabet.h"
#include "text/unicode.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

std::string replacements(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += kReplacement;
  return text;
}

TEST(Utf8, ReplacesMaximalInvalidParts) {
  struct Case {
    std::string_view bytes;
    int count;  // what Python's bytes.decode(errors="replace") gives
  };
  constexpr std::array<Case, 12> cases{{{"\x80", 1},
                                        {"\xc0\xaf", 2},
                                        {"\xe2\x82", 1},
                                        {"\xe0\x80\x80", 3},
                                        {"\xed\xa0\x80", 3},
                                        {"\xf0\x9f\x91", 1},
                                        {"\xf0\x8f\xbf\xbf", 4},
                                        {"\xf4\x90\x80\x80", 4},
                                        {"\xf8\x88\x80\x80\x80", 5},
                                        {"\xf0\x9f\xf0\x9f", 2},
                                        {"\xe2\xe2\x82", 2},
                                        {"\xff\xfe", 2}}};
  for (const Case& item : cases) {
    EXPECT_FALSE(is_valid_utf8(item.bytes));
    EXPECT_EQ(repaired_utf8(item.bytes), replacements(item.count)) << testing::PrintToString(item.bytes);
    const std::string padded = "0123456789" + std::string(item.bytes) + "z";
    EXPECT_FALSE(is_valid_utf8(padded));
    EXPECT_EQ(repaired_utf8(padded), "0123456789" + replacements(item.count) + "z");
  }
}

TEST(Utf8, WritesAndReadsEveryCodePoint) {
  std::string text;
  for (char32_t code = 0; code < 0x110000; ++code) {
    text.clear();
    append_utf8(text, code);
    const bool surrogate = code >= 0xd800 && code < 0xe000;
    ASSERT_EQ(is_valid_utf8(text), !surrogate) << static_cast<std::uint32_t>(code);
    if (surrogate) continue;
    ASSERT_EQ(code_point_at(text, 0).value, code);
    ASSERT_EQ(code_point_at(text, 0).bytes, text.size());
    ASSERT_EQ(previous_code_point(text, text.size()), 0u);
  }
}

TEST(ByteAlphabet, IsOneCharacterAByteAndInvertible) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const std::string spelt = to_byte_alphabet(all);
  EXPECT_EQ(from_byte_alphabet(spelt), all);
  EXPECT_EQ(to_byte_alphabet(" \n!"), "\xc4\xa0\xc4\x8a!");  // the well-known Ġ and Ċ
  EXPECT_EQ(from_byte_alphabet("a b"), std::nullopt);        // a plain space is not of the alphabet
  EXPECT_EQ(from_byte_alphabet("\xe4\xb8\xad"), std::nullopt);
}

TEST(CharacterClasses, KnowTheAwkwardOnes) {
  const CharacterClasses& classes = CharacterClasses::instance();
  EXPECT_EQ(classes.of('a'), kLetter | kWord | kLower);
  EXPECT_EQ(classes.of('7'), kNumber | kWord | kNumeric);
  EXPECT_EQ(classes.of('_'), kWord | kPunctuation | kPatternP);
  EXPECT_EQ(classes.of('$'), kPunctuation | kPatternS);                    // punctuation to BERT only
  EXPECT_EQ(classes.of(0x85), kSpace | kControl);                          // next line
  EXPECT_EQ(classes.of(0x180e), kControl);                                 // Mongolian vowel separator: a space only before Unicode 6.3
  EXPECT_EQ(classes.of(0x1c), kControl);                                   // Python's str.isspace would say otherwise
  EXPECT_EQ(classes.of(0xbd), kNumber | kNumeric);                         // one half: a number, but no word character
  EXPECT_EQ(classes.of(0x301), kWord | kMark | kNonspacing | kCombining);  // combining acute: a word character, but no letter
  EXPECT_EQ(classes.of(0x31350) & kLetter, kLetter);                       // CJK extension H, Unicode 15
  EXPECT_EQ(classes.of(0x10ffff), 0);
  int letters = 0;
  for (char32_t code = 0; code < 0x110000; ++code) letters += classes.of(code) & kLetter;
  EXPECT_EQ(letters, 141028);  // counted by the reference
}

}  // namespace
}  // namespace tightrope::text
