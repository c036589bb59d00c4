// The scanner cuts text exactly where each pattern would.
#include "text/pre_tokenizer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"

namespace tightrope::text {
namespace {

using Words = std::vector<std::string>;

Words words_of(std::string_view name, std::string_view text) {
  const PreTokenizer* rules = find_pre_tokenizer(name);
  if (rules == nullptr) return {"no such pre-tokenizer"};
  Words words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = word_end(*rules, text, begin);
    words.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

TEST(PreTokenizer, Gpt2) {
  EXPECT_EQ(words_of("gpt-2", "I'll SAY'S 12345  x\n\n y?!\n"),
            (Words{"I", "'ll", " SAY", "'", "S", " 12345", " ", " x", "\n\n", " y", "?!", "\n"}));
}

TEST(PreTokenizer, LlamaThree) {
  EXPECT_EQ(words_of("llama-bpe", "I'LL\t\tgo 12345 (a)\n\n  b \n c  "),
            (Words{"I", "'LL", "\t", "\tgo", " ", "123", "45", " (", "a", ")\n\n", " ", " b", " \n", " c", "  "}));
}

TEST(PreTokenizer, Qwen2TakesSingleDigits) { EXPECT_EQ(words_of("qwen2", "a12 b"), (Words{"a", "1", "2", " b"})); }

TEST(PreTokenizer, TheLongSIsAnSInAnotherCase) {
  EXPECT_EQ(words_of("llama-bpe", "it'\xc5\xbf!"), (Words{"it", "'\xc5\xbf", "!"}));
  EXPECT_EQ(words_of("gpt-2", "it'\xc5\xbf!"), (Words{"it", "'", "\xc5\xbf", "!"}));
}

TEST(PreTokenizer, EachNameAndPatternFindsItsRow) {
  for (const PreTokenizer& row : pre_tokenizers()) {
    EXPECT_EQ(find_pre_tokenizer(row.name), &row);
    EXPECT_EQ(find_pre_tokenizer_by_pattern(row.pattern), &row);
    for (const std::string_view name : row.other_names) EXPECT_EQ(find_pre_tokenizer(name), &row) << name;
    EXPECT_NE(known_pre_tokenizers().find(row.name), std::string::npos);
  }
  EXPECT_EQ(find_pre_tokenizer("no-such"), nullptr);
  EXPECT_EQ(find_pre_tokenizer_by_pattern("\\p{L}+"), nullptr);
}

// Words that the PyPI tokenizers package found (tools/make_golden_tokenizer.py).
TEST(PreTokenizer, GoldenWords) {
  const Json golden = Json::parse(read_text_file(TIGHTROPE_SOURCE "/tests/golden/pre_tokenizers.json"), "golden");
  std::size_t texts = 0;
  for (const Json& entry : golden.at("texts", "golden").as_array("texts")) {
    const std::string& text = entry.at("text", "golden").as_string("text");
    for (const PreTokenizer& row : pre_tokenizers()) {
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
