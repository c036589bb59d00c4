// A real tokenizer gives the ids that the PyPI tokenizers package gave (tools/make_golden_tokenizer.py), in each form it can be stored in.
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/json.h"
#include "text/tokenizer.h"
#include "text/tokenizer_json.h"

namespace tightrope::text {
namespace {

const std::string kModel = TIGHTROPE_SOURCE "/models/wren-7m";

TokenizerDefinition wren() {
  return parse_tokenizer_json(read_text_file(kModel + "/tokenizer.json"), read_text_file(kModel + "/tokenizer_config.json"));
}

std::string bytes_of(const Json& hex) {
  const std::string& digits = hex.as_string("bytes");
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

std::vector<TokenId> ids_of(const Json& list) {
  std::vector<TokenId> ids;
  for (const Json& id : list.as_array("ids")) ids.push_back(static_cast<TokenId>(id.as_uint("id")));
  return ids;
}

void expect_golden(const Tokenizer& tokenizer) {
  const Json golden = Json::parse(read_text_file(TIGHTROPE_SOURCE "/tests/golden/tokenizer_wren.json"), "golden");
  std::size_t texts = 0;
  for (const Json& entry : golden.at("texts", "golden").as_array("texts")) {
    const std::string text = bytes_of(entry.at("bytes", "golden"));
    const std::vector<TokenId> ids = ids_of(entry.at("ids", "golden"));
    EXPECT_EQ(tokenizer.encode(text), ids) << text;
    const std::vector<TokenId> plain = ids_of(entry.at("plain_ids", "golden"));
    EXPECT_EQ(tokenizer.encode(text, {.add_special = false, .parse_special = false}), plain) << text;
    EXPECT_EQ(tokenizer.decode(ids), bytes_of(entry.at("decoded", "golden"))) << text;
    ++texts;
  }
  EXPECT_GT(texts, 200u);
}

TEST(TokenizerGolden, Wren) { expect_golden(Tokenizer(wren())); }

TEST(TokenizerGolden, WrenAfterWritingAndReading) {
  const TokenizerDefinition definition = wren();
  expect_golden(Tokenizer(parse_tokenizer_json(write_tokenizer_json(definition), write_tokenizer_config_json(definition))));
}

// What survives in a container that knows kinds of tokens but not whether merging may produce an added one.
TEST(TokenizerGolden, WrenWithoutKnowledgeOfItsVocabulary) {
  TokenizerDefinition definition = wren();
  for (auto& added : definition.added) added.in_vocabulary = false;
  expect_golden(Tokenizer(definition));
  expect_golden(Tokenizer(parse_tokenizer_json(write_tokenizer_json(definition), "")));
}

TEST(TokenizerGolden, WrenKnowsItsSpecialTokens) {
  const TokenizerDefinition definition = wren();
  EXPECT_EQ(describe(definition), "byte-level BPE, llama-bpe");
  EXPECT_TRUE(definition.bpe()->ignore_merges);
  EXPECT_EQ(definition.bos, 0);
  EXPECT_EQ(definition.eos, 1);
  EXPECT_EQ(definition.padding, 2);
  EXPECT_EQ(definition.prefix(), std::vector<TokenId>{0});
  EXPECT_EQ(definition.tokens.size(), 8192u);
  EXPECT_EQ(definition.tokens[3].kind, TokenKind::control);
}

}  // namespace
}  // namespace tightrope::text
