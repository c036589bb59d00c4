// Streams of bytes cut anywhere come out as whole characters.
#include "toolkit/utf8_stream.h"

#include <gtest/gtest.h>

namespace tightrope::test {
namespace {

using toolkit::Utf8Stream;

std::string through(std::string_view bytes, std::size_t step) {
  Utf8Stream stream;
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += step) text += stream.push(bytes.substr(i, step));
  return text + stream.finish();
}

TEST(Utf8Stream, PiecesDoNotMatter) {
  const std::string text = "aé€😀z\n";
  for (std::size_t step = 1; step <= text.size(); ++step) EXPECT_EQ(through(text, step), text);
}

TEST(Utf8Stream, HoldsBackUntilACharacterIsWhole) {
  Utf8Stream stream;
  EXPECT_EQ(stream.push("\xF0\x9F"), "");
  EXPECT_EQ(stream.push("\x98\x80!"), "😀!");
  EXPECT_EQ(stream.push("\xE2"), "");
  EXPECT_EQ(stream.finish(), "\uFFFD");
}

TEST(Utf8Stream, InvalidBytesBecomeReplacements) {
  for (const std::size_t step : {1U, 2U, 5U}) {
    EXPECT_EQ(through("a\xFFz", step), "a\uFFFDz");
    EXPECT_EQ(through("\x80\x80", step), "\uFFFD\uFFFD");
    EXPECT_EQ(through("\xE2\x82z", step), "\uFFFDz");                          // cut short
    EXPECT_EQ(through("\xC0\xAF", step), "\uFFFD\uFFFD");                      // overlong
    EXPECT_EQ(through("\xED\xA0\x80", step), "\uFFFD\uFFFD\uFFFD");            // a surrogate
    EXPECT_EQ(through("\xF4\x90\x80\x80", step), "\uFFFD\uFFFD\uFFFD\uFFFD");  // beyond U+10FFFF
  }
}

}  // namespace
}  // namespace tightrope::test
