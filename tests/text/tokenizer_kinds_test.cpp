// A tiny tokenizer of every kind gives what the PyPI tokenizers package gives (tools/make_golden_tokenizer.py), also when written and read
// again.
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/json.h"
#include "text/tokenizer.h"
#include "text/tokenizer_json.h"

namespace tightrope::text {
namespace {

std::string bytes_of(const Json& hex) {
  const std::string& digits = hex.as_string("bytes");
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

template <class Number>
std::vector<Number> numbers_of(const Json& list) {
  std::vector<Number> numbers;
  for (const Json& number : list.as_array("numbers")) numbers.push_back(static_cast<Number>(number.as_uint("a number")));
  return numbers;
}

std::vector<Span> spans_of(const Json& list) {
  std::vector<Span> spans;
  for (const Json& pair : list.as_array("spans")) {
    const std::vector<std::uint32_t> ends = numbers_of<std::uint32_t>(pair);
    spans.push_back({ends.at(0), ends.at(1)});
  }
  return spans;
}

// Those of tokens that stand for something: where a token stands for nothing is anybody's choice.
std::string to_text(const std::vector<Span>& spans, const std::vector<Span>& expected) {
  std::string text;
  for (std::size_t i = 0; i < spans.size() && i < expected.size(); ++i) {
    if (expected[i].begin < expected[i].end) text += std::to_string(spans[i].begin) + "-" + std::to_string(spans[i].end) + " ";
  }
  return text;
}

void expect_case(const Tokenizer& tokenizer, const Json& entry, std::string_view name) {
  const std::string text = bytes_of(entry.at("bytes", "golden"));
  const std::vector<TokenId> ids = numbers_of<TokenId>(entry.at("ids", "golden"));
  EXPECT_EQ(tokenizer.encode(text), ids) << name << ": " << text;
  EXPECT_EQ(tokenizer.decode(ids), bytes_of(entry.at("decoded", "golden"))) << name << ": " << text;
  const Encoding pair = tokenizer.encode_pair(text, "the mat, too");
  EXPECT_EQ(pair.ids, numbers_of<TokenId>(entry.at("pair_ids", "golden"))) << name << ": " << text;
  EXPECT_EQ(pair.type_ids, numbers_of<std::uint32_t>(entry.at("pair_types", "golden"))) << name << ": " << text;
  const Encoding single = tokenizer.encode_with_spans(text);
  EXPECT_EQ(single.ids, ids);
  ASSERT_EQ(single.spans.size(), ids.size());
  for (const Span span : single.spans) EXPECT_TRUE(span.begin <= span.end && span.end <= text.size()) << name << ": " << text;
  const Json* spans = entry.find("spans");
  if (spans != nullptr) {
    const std::vector<Span> expected = spans_of(*spans);
    EXPECT_EQ(to_text(single.spans, expected), to_text(expected, expected)) << name << ": " << text;
  }
  DecodingStream stream(tokenizer);
  std::string streamed;
  for (const TokenId id : ids) streamed += stream.push(id);
  EXPECT_EQ(streamed + stream.finish(), tokenizer.decode(ids)) << name << ": " << text;
}

TEST(TokenizerKinds, AreWhatTheReferenceIs) {
  const Json golden = Json::parse(read_text_file(TIGHTROPE_SOURCE "/tests/golden/tokenizers.json", std::uint64_t{1} << 26), "golden");
  std::size_t kinds = 0, cases = 0;
  for (const Json& kind : golden.at("texts", "golden").as_array("texts")) {
    const std::string& name = kind.at("name", "golden").as_string("name");
    const std::string json = kind.at("tokenizer", "golden").dump();
    const TokenizerDefinition definition = parse_tokenizer_json(json, "");
    const Tokenizer tokenizer(definition), again(parse_tokenizer_json(write_tokenizer_json(definition), ""));
    EXPECT_EQ(write_tokenizer_json(again.definition()), write_tokenizer_json(definition)) << name;
    for (const Json& entry : kind.at("cases", "golden").as_array("cases")) {
      expect_case(tokenizer, entry, name);
      expect_case(again, entry, name + " again");
      ++cases;
    }
    ++kinds;
  }
  EXPECT_EQ(kinds, 8u);
  EXPECT_GE(cases, 1000u);
}

}  // namespace
}  // namespace tightrope::text
