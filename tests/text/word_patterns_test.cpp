// The scanner cuts text exactly where each pattern would.
#include "text/word_patterns.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"

namespace tightrope::text {
namespace {

using Words = std::vector<std::string>;

Words words_of(std::string_view name, std::string_view text) {
  const WordPattern* rules = find_word_pattern_by_name(name);
  if (rules == nullptr) return {"no such pattern"};
  Words words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = word_end(*rules, text, begin);
    words.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

TEST(WordPatterns, Gpt2) {
  EXPECT_EQ(words_of("gpt-2", "I'll SAY'S 12345  x\n\n y?!\n"),
            (Words{"I", "'ll", " SAY", "'", "S", " 12345", " ", " x", "\n\n", " y", "?!", "\n"}));
}

TEST(WordPatterns, LlamaThree) {
  EXPECT_EQ(words_of("llama-bpe", "I'LL\t\tgo 12345 (a)\n\n  b \n c  "),
            (Words{"I", "'LL", "\t", "\tgo", " ", "123", "45", " (", "a", ")\n\n", " ", " b", " \n", " c", "  "}));
}

TEST(WordPatterns, Qwen2TakesSingleDigits) { EXPECT_EQ(words_of("qwen2", "a12 b"), (Words{"a", "1", "2", " b"})); }

TEST(WordPatterns, TheLongSIsAnSInAnotherCase) {
  EXPECT_EQ(words_of("llama-bpe", "it'\xc5\xbf!"), (Words{"it", "'\xc5\xbf", "!"}));
  EXPECT_EQ(words_of("gpt-2", "it'\xc5\xbf!"), (Words{"it", "'", "\xc5\xbf", "!"}));
}

TEST(WordPatterns, WordsByCase) {
  EXPECT_EQ(words_of("o200k", "aB ABC abCD'll I'm /x//\n"), (Words{"a", "B", " ABC", " ab", "CD'll", " I'm", " /", "x", "//\n"}));
  // A modifier letter is small, too: it ends the first word.
  EXPECT_EQ(words_of("o200k", "\xca\xb0\x41\x42\x43"), (Words{"\xca\xb0", "ABC"}));
}

TEST(WordPatterns, EachNameAndSpellingFindsItsRow) {
  for (const WordPattern& row : word_patterns()) {
    EXPECT_EQ(find_word_pattern_by_name(row.name), &row);
    for (const std::string_view spelling : row.spellings) EXPECT_EQ(find_word_pattern(spelling), &row) << spelling;
  }
  EXPECT_EQ(find_word_pattern_by_name("no-such"), nullptr);
  EXPECT_EQ(find_word_pattern("\\p{L}+"), nullptr);
}

// Words that the PyPI tokenizers package found (tools/make_golden_tokenizer.py).
TEST(WordPatterns, GoldenWords) {
  const Json golden = Json::parse(read_text_file(TIGHTROPE_SOURCE "/tests/golden/pre_tokenizers.json"), "golden");
  std::size_t texts = 0;
  for (const Json& entry : golden.at("texts", "golden").as_array("texts")) {
    const std::string& text = entry.at("text", "golden").as_string("text");
    for (const WordPattern& row : word_patterns()) {
      Words expected;
      for (const Json& word : entry.at(row.name, "golden").as_array("words")) expected.push_back(word.as_string("word"));
      EXPECT_EQ(words_of(row.name, text), expected) << row.name << ": " << text;
    }
    ++texts;
  }
  EXPECT_GT(texts, 100u);
}

}  // namespace
}  // namespace tightrope::text
