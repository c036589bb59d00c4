// The front of a byte string as UTF-8, against an encoder that only knows the arithmetic.
#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace tightrope {
namespace {

std::string encoded(unsigned code) {
  const auto byte = [](unsigned value) { return static_cast<char>(value); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xC0 | code >> 6), byte(0x80 | (code & 63))};
  if (code < 0x10000) return {byte(0xE0 | code >> 12), byte(0x80 | (code >> 6 & 63)), byte(0x80 | (code & 63))};
  return {byte(0xF0 | code >> 18), byte(0x80 | (code >> 12 & 63)), byte(0x80 | (code >> 6 & 63)), byte(0x80 | (code & 63))};
}

TEST(Utf8, EveryCodePointIsWholeAndSurrogatesAreNone) {
  for (unsigned code = 0; code <= 0x110FFF; ++code) {
    const std::string text = encoded(code);
    const bool character = code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    ASSERT_EQ(utf8_length(text + "x"), character ? text.size() : 0) << code;
  }
}

TEST(Utf8, APrefixOfACharacterSaysHowMuchIsMissing) {
  for (const unsigned code : {0xE9u, 0x20ACu, 0x1F600u}) {
    const std::string text = encoded(code);
    for (std::size_t size = 1; size < text.size(); ++size) {
      const Utf8Front front = utf8_front(text.substr(0, size));
      EXPECT_EQ(front.size, size);
      EXPECT_EQ(front.length, text.size());
      EXPECT_FALSE(front.whole());
      EXPECT_EQ(utf8_front(text.substr(0, size) + "x").size, size);
    }
  }
}

TEST(Utf8, IllFormedSequencesAreNoCharacter) {
  for (const char* text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5", "\xFF"})
    EXPECT_EQ(utf8_length(text), 0U) << text;
}

TEST(Utf8, ControlsOfBothRangesAreKnown) {
  for (unsigned code = 0; code < 0x250; ++code) EXPECT_EQ(is_control(encoded(code)), code < 0x20 || (code >= 0x7F && code < 0xA0)) << code;
}

}  // namespace
}  // namespace tightrope
