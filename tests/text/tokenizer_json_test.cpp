// tokenizer.json: what it says is read exactly, what is not supported or broken is refused by name.
#include "text/tokenizer_json.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "support/small_tokenizer.h"
#include "text/word_patterns.h"
#include "tightrope/error.h"

namespace tightrope::text {
namespace {

using namespace tightrope::test;

// A small tokenizer.json as a value that tests then damage.
Json small_json() { return Json::parse(write_tokenizer_json(small_tokenizer()), "small tokenizer"); }

void expect_refused(const Json& json, ErrorCode code, std::string_view named, std::string_view config = "") {
  try {
    const Tokenizer tokenizer(parse_tokenizer_json(json.dump(), config));
    ADD_FAILURE() << "accepted, though it should be refused for " << named;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_NE(std::string(error.what()).find(named), std::string::npos) << error.what();
  }
}

Json& member(Json& object, std::initializer_list<std::string_view> path) {
  Json* at = &object;
  for (const std::string_view key : path) at = &(*at)[key];
  return *at;
}

void expect_refused(std::initializer_list<std::string_view> path, Json value, ErrorCode code, std::string_view named) {
  Json json = small_json();
  member(json, path) = std::move(value);
  expect_refused(json, code, named);
}

TEST(TokenizerJson, RoundTripKeepsTheDefinition) {
  for (const WordPattern& row : word_patterns()) {
    TokenizerDefinition definition = small_tokenizer(row.name);
    definition.around = surrounding_template({kBegin}, {kEnd});
    definition.padding = kEnd;
    definition.unknown = kTool;
    definition.bpe()->unknown = 'a';
    definition.bpe()->ignore_merges = true;
    definition.chat_template = "{{ messages }}\n";
    definition.added[2].left_strip = definition.added[2].normalized = definition.added[2].single_word = true;
    const TokenizerDefinition read = parse_tokenizer_json(write_tokenizer_json(definition), write_tokenizer_config_json(definition));
    EXPECT_EQ(write_tokenizer_json(read), write_tokenizer_json(definition));
    EXPECT_EQ(write_tokenizer_config_json(read), write_tokenizer_config_json(definition));
    EXPECT_EQ(describe(read), "byte-level BPE, " + std::string(row.name));
    EXPECT_EQ(read.prefix(), definition.prefix());
    EXPECT_EQ(read.suffix(), definition.suffix());
    EXPECT_EQ(read.bpe()->merges, definition.bpe()->merges);
    EXPECT_EQ(read.bos, kBegin);
    EXPECT_EQ(read.bpe()->unknown, 'a');
    const std::string text = "the <s>aaaa [tool]\n 12345 it's";
    EXPECT_EQ(Tokenizer(read).encode(text), Tokenizer(definition).encode(text));
  }
}

// Readers count added tokens on from the size of the vocabulary, so those elsewhere must be in it.
TEST(TokenizerJson, AddedTokensInTheMiddleGoIntoTheVocabulary) {
  TokenizerDefinition definition = small_tokenizer();
  EXPECT_EQ(small_json().at("model", "json").at("vocab", "json").find("<s>"), nullptr);
  definition.tokens.push_back({"zz", TokenKind::normal});
  const Json json = Json::parse(write_tokenizer_json(definition), "json");
  ASSERT_NE(json.at("model", "json").at("vocab", "json").find("<s>"), nullptr);
  EXPECT_EQ(Tokenizer(parse_tokenizer_json(json.dump(), "")).encode("<s>zz"), Tokenizer(definition).encode("<s>zz"));
}

TEST(TokenizerJson, HolesStayUnused) {
  TokenizerDefinition definition = small_tokenizer();
  definition.tokens.push_back({"[PAD264]", TokenKind::unused});
  definition.tokens.push_back({"zz", TokenKind::normal});
  const TokenizerDefinition read = parse_tokenizer_json(write_tokenizer_json(definition), "");
  ASSERT_EQ(read.tokens.size(), 266u);
  EXPECT_EQ(read.tokens[264].kind, TokenKind::unused);
  EXPECT_EQ(read.tokens[265].piece, "zz");
}

TEST(TokenizerJson, BothSpellingsOfMerges) {
  Json json = small_json();
  Json merges = Json::array();
  for (const char* merge : {"#version: 0.2", "a a", "aa aa", "t h"}) merges.push_back(merge);
  member(json, {"model", "merges"}) = merges;
  const TokenizerDefinition read = parse_tokenizer_json(json.dump(), "");
  ASSERT_EQ(read.bpe()->merges.size(), 3u);
  EXPECT_EQ(read.bpe()->merges[1], (std::pair<std::string, std::string>("aa", "aa")));
  for (const char* bad : {"aa", "a a a", " ", ""}) expect_refused({"model", "merges"}, Json::Array{bad}, ErrorCode::malformed, "merge");
  expect_refused({"model", "merges"}, Json::Array{Json::Array{"a"}}, ErrorCode::malformed, "1 parts");
  expect_refused({"model", "merges"}, Json::Array{Json::Array{"a", 1}}, ErrorCode::malformed, "merge");
}

TEST(TokenizerJson, ConfigNamesTokensAndTemplate) {
  const std::string json = small_json().dump();
  const TokenizerDefinition read = parse_tokenizer_json(json, R"({"bos_token": {"content": "<s>"}, "eos_token": "</s>", "unk_token": null,
                "chat_template": [{"name": "tool", "template": "x"}, {"name": "default", "template": "y"}]})");
  EXPECT_EQ(read.bos, kBegin);
  EXPECT_EQ(read.eos, kEnd);
  EXPECT_EQ(read.unknown, -1);
  EXPECT_EQ(read.chat_template, "y");
  EXPECT_EQ(parse_tokenizer_json(json, "").bos, kBegin);  // from the template
  expect_refused(small_json(), ErrorCode::malformed, "<nope>", R"({"bos_token": "<nope>"})");
  expect_refused(small_json(), ErrorCode::malformed, "bos_token", R"({"bos_token": 3})");
  expect_refused(small_json(), ErrorCode::malformed, "tokenizer_config.json", "[1]");
}

TEST(TokenizerJson, OneProcessorOfASequenceAddsTokens) {
  Json json = small_json();
  const Json around = json.at("post_processor", "json");
  Json byte_level = Json::object();
  byte_level["type"] = "ByteLevel";
  const auto sequence = [&](Json::Array parts) {
    member(json, {"post_processor"}) = Json(Json::Object{{"type", "Sequence"}, {"processors", std::move(parts)}});
  };
  sequence({byte_level, around});
  const TokenizerDefinition read = parse_tokenizer_json(json.dump(), "");
  EXPECT_EQ(read.prefix(), std::vector<TokenId>{kBegin});
  EXPECT_TRUE(read.around.trims_spans);
  Json other = around;
  member(other, {"special_tokens", "<s>", "ids"}) = Json::Array{std::uint64_t{kTool}};
  sequence({around, other});
  expect_refused(json, ErrorCode::unsupported, "TemplateProcessing after another");
}

TEST(TokenizerJson, RefusesUnsupportedComponentsByName) {
  const auto typed = [](const char* type) {
    Json json = Json::object();
    json["type"] = type;
    return json;
  };
  constexpr ErrorCode kCode = ErrorCode::unsupported;
  for (const char* component : {"normalizer", "pre_tokenizer", "decoder", "post_processor"}) {
    expect_refused({component}, typed("Nonesuch"), kCode, "Nonesuch");
    expect_refused({component}, typed("Nonesuch"), kCode, "Sequence, ");  // what there is
  }
  expect_refused({"decoder"}, typed("CTC"), kCode, "CTC");
  expect_refused({"model", "type"}, "Nonesuch", kCode, "BPE, WordPiece, Unigram, WordLevel");
  expect_refused({"model", "dropout"}, 0.1, kCode, "dropout");
  expect_refused({"version"}, "2.0", kCode, "2.0");
  Json pattern = small_json();
  Json::Array parts = pattern.at("pre_tokenizer", "json").at("pretokenizers", "json").as_array("parts");
  member(parts[0], {"pattern", "Regex"}) = "(a+";
  member(pattern, {"pre_tokenizer", "pretokenizers"}) = parts;
  expect_refused(pattern, kCode, "'(a+'");
  member(parts[0], {"pattern", "Regex"}) = "a";
  member(parts[0], {"behavior"}) = "MergedWithNobody";
  member(pattern, {"pre_tokenizer", "pretokenizers"}) = parts;
  expect_refused(pattern, kCode, "MergedWithNobody");
}

TEST(TokenizerJson, RefusesHostileVocabularies) {
  constexpr ErrorCode kCode = ErrorCode::malformed;
  expect_refused({"model", "vocab", "zz"}, std::uint64_t{1} << 32, kCode, "out of range");
  expect_refused({"model", "vocab", "zz"}, 9'999'999, kCode, "out of range");  // within the limit, but alone out there
  expect_refused({"model", "vocab", "zz"}, 3, kCode, "id 3");                  // taken
  expect_refused({"model", "vocab", "zz"}, -1, kCode, "token id");
  expect_refused({"model", "vocab", "zz"}, "1", kCode, "token id");
  expect_refused({"model", "vocab", "zz"}, 1.5, kCode, "token id");
  expect_refused({"model", "vocab"}, Json::object(), kCode, "empty");
  expect_refused({"model", "vocab"}, Json::array(), kCode, "vocab");
  expect_refused({"model", "merges"}, Json::Array{Json::Array{"a", "b"}}, kCode, "'ab'");
  expect_refused({"model", "merges"}, Json::Array{Json::Array{"a", "nope"}}, kCode, "'nope'");
  expect_refused({"model", "unk_token"}, "<nope>", kCode, "<nope>");
  expect_refused({"post_processor", "special_tokens", "<s>", "ids"}, Json::Array{std::uint64_t{1} << 40}, kCode, "template");
  expect_refused({"post_processor", "special_tokens"}, Json::object(), kCode, "<s>");
  for (const char* key : {"model", "pre_tokenizer", "added_tokens", "post_processor", "version"}) expect_refused({key}, 7, kCode, "");
  for (const char* text : {"", "{", "[]", "null", "{}", "{\"model\": {}}"}) {
    EXPECT_THROW(parse_tokenizer_json(text, ""), Error) << text;
  }
}

TEST(TokenizerJson, RefusesBrokenAddedTokens) {
  const Json::Array good = small_json().at("added_tokens", "json").as_array("added_tokens");
  const auto expect = [&](std::string_view key, Json value, std::string_view named) {
    Json::Array tokens = good;
    tokens[0][key] = std::move(value);
    expect_refused({"added_tokens"}, tokens, ErrorCode::malformed, named);
  };
  expect("id", 5, "id 5");   // the id of another token
  expect("id", 262, "262");  // the id of another added token
  expect("id", 9'000'000, "out of range");
  expect("id", 4'294'967'296.0, "id");
  expect("id", -1, "id");
  expect("content", "a", "'a'");      // spelt like a token with another id
  expect("content", "</s>", "</s>");  // there twice
  expect("content", "", "empty");
  expect("content", 3, "content");
  expect("special", "yes", "special");
  Json::Array twice = good;
  twice.push_back(good[0]);
  expect_refused({"added_tokens"}, twice, ErrorCode::malformed, "twice");
}

}  // namespace
}  // namespace tightrope::text
