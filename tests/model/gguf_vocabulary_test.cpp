// GGUF vocabularies: the test vectors that llama.cpp ships with them where they are there, and every kind of tokenizer written and read
// back.
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "checkpoint/gguf.h"
#include "model/gguf_tokenizer.h"
#include "text/tokenizer.h"
#include "text/tokenizer_json.h"
#include "tightrope/error.h"

namespace tightrope::model {
namespace {

namespace fs = std::filesystem;

const fs::path kVocabularies = fs::path(TIGHTROPE_SHARED) / "tokenizers/gguf-vocab";

std::vector<std::string> inputs_of(const fs::path& path) {
  constexpr std::string_view kSeparator = "\n__ggml_vocab_test__\n";
  const std::string all = read_text_file(path);
  std::vector<std::string> texts;
  std::size_t begin = 0;
  for (std::size_t end = all.find(kSeparator); end != std::string::npos; end = all.find(kSeparator, begin)) {
    texts.push_back(all.substr(begin, end - begin));
    begin = end + kSeparator.size();
  }
  texts.push_back(all.substr(begin));
  return texts;
}

std::vector<std::vector<text::TokenId>> outputs_of(const fs::path& path) {
  std::vector<std::vector<text::TokenId>> lists;
  std::istringstream lines(read_text_file(path));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream numbers(line);
    lists.emplace_back(std::istream_iterator<text::TokenId>(numbers), std::istream_iterator<text::TokenId>());
  }
  return lists;
}

void expect_vectors(const text::Tokenizer& tokenizer, const fs::path& gguf) {
  const auto texts = inputs_of(gguf.string() + ".inp");
  const auto expected = outputs_of(gguf.string() + ".out");
  ASSERT_LE(expected.size(), texts.size());
  ASSERT_GE(expected.size(), 40U);
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(tokenizer.encode(texts[i], {.add_special = false, .parse_special = false}), expected[i])
        << gguf.filename() << " " << i << ": " << testing::PrintToString(texts[i]);
}

// llama.cpp begins a text with the BOS token's id (101 where none is said), and fails on a token that it is told to add but not which.
TEST(GgufVocabulary, WordPieceNamesItsFirstTokenAndNoEndThatItLacks) {
  text::TokenizerDefinition definition;
  definition.model = text::WordPieceOptions{.unknown = 0};
  for (const char* piece : {"[UNK]", "[CLS]", "[SEP]"}) {
    definition.added.push_back({.id = static_cast<text::TokenId>(definition.tokens.size()), .content = piece, .special = true});
    definition.tokens.push_back({piece, text::TokenKind::control});
  }
  definition.tokens.push_back({"a", text::TokenKind::normal});
  definition.unknown = 0;
  definition.around = text::surrounding_template({1}, {2});
  checkpoint::Metadata metadata;
  write_gguf_tokenizer(definition, definition.tokens.size(), metadata);
  EXPECT_EQ(metadata.unsigned_or("tokenizer.ggml.bos_token_id", 0), 1U);
  EXPECT_EQ(metadata.unsigned_or("tokenizer.ggml.seperator_token_id", 0), 2U);
  EXPECT_TRUE(metadata.bool_or("tokenizer.ggml.add_sep_token", false));
  EXPECT_FALSE(metadata.bool_or("tokenizer.ggml.add_eos_token", true));
  const text::TokenizerDefinition back = read_gguf_tokenizer(metadata);
  EXPECT_EQ(back.bos, -1);
  EXPECT_EQ(back.eos, -1);
  EXPECT_EQ(text::Tokenizer(back).encode("a"), (std::vector<text::TokenId>{1, 3, 2}));
}

TEST(GgufVocabulary, GivesTheIdsOfItsVectors) {
  if (!fs::exists(kVocabularies)) GTEST_SKIP() << kVocabularies << " is not there";
  std::size_t files = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(kVocabularies)) {
    if (entry.path().extension() != ".gguf") continue;
    const checkpoint::Container container = checkpoint::read_gguf(entry.path());
    const text::TokenizerDefinition definition = read_gguf_tokenizer(container.metadata);
    const text::Tokenizer tokenizer(definition);
    if (!fs::exists(entry.path().string() + ".inp")) continue;  // this one loads, at least
    expect_vectors(tokenizer, entry.path());
    const text::Tokenizer again(text::parse_tokenizer_json(text::write_tokenizer_json(definition), ""));
    expect_vectors(again, entry.path());
    checkpoint::Metadata metadata;
    write_gguf_tokenizer(definition, definition.tokens.size(), metadata);
    EXPECT_EQ(metadata.find("tightrope.tokenizer.components"), nullptr) << entry.path();  // what GGUF says is all there is
    expect_vectors(text::Tokenizer(read_gguf_tokenizer(metadata)), entry.path());
    ++files;
  }
  EXPECT_GE(files, 6U);
}

// These vectors come without a file: the vocabulary's own files make what a GGUF would hold.
TEST(GgufVocabulary, GivesTheIdsOfQwen2) {
  const fs::path folder = fs::path(TIGHTROPE_SHARED) / "tokenizers/qwen2.5";
  if (!fs::exists(folder) || !fs::exists(kVocabularies)) GTEST_SKIP() << folder << " is not there";
  const Json vocabulary = Json::parse(read_text_file(folder / "vocab.json", std::uint64_t{1} << 26), "vocab.json");
  std::vector<std::string> tokens(vocabulary.as_object("vocab.json").size()), merges;
  for (const auto& [token, id] : vocabulary.as_object("vocab.json")) tokens.at(id.as_uint("id")) = token;
  std::istringstream lines(read_text_file(folder / "merges.txt", std::uint64_t{1} << 26));
  for (std::string line; std::getline(lines, line);) merges.push_back(line);
  checkpoint::Metadata metadata;
  metadata.set("tokenizer.ggml.model", {std::string("gpt2")});
  metadata.set("tokenizer.ggml.pre", {std::string("qwen2")});
  metadata.set("tokenizer.ggml.tokens", {tokens});
  metadata.set("tokenizer.ggml.merges", {merges});
  expect_vectors(text::Tokenizer(read_gguf_tokenizer(metadata)), kVocabularies / "ggml-vocab-qwen2.gguf");
}

// A SentencePiece vocabulary small enough to follow by hand.
TEST(GgufVocabulary, SentencePieceByHand) {
  std::vector<std::string> pieces = {"<unk>", "<s>", "</s>"};
  std::vector<std::int32_t> types = {2, 3, 3};
  for (int byte = 0; byte < 256; ++byte) {
    pieces.push_back(fmt::format("<0x{:02X}>", byte));
    types.push_back(6);
  }
  const std::vector<std::string> words = {"\u2581the", "he", "\u2581t", "th", "\u2581", "t", "h", "e"};  // from 259 on, best first
  pieces.insert(pieces.end(), words.begin(), words.end());
  types.resize(pieces.size(), 1);
  std::vector<float> scores(pieces.size());
  for (std::size_t i = 259; i < scores.size(); ++i) scores[i] = -static_cast<float>(i);
  checkpoint::Metadata metadata;
  metadata.set("tokenizer.ggml.model", {std::string("llama")});
  metadata.set("tokenizer.ggml.tokens", {pieces});
  metadata.set("tokenizer.ggml.token_type", {types});
  metadata.set("tokenizer.ggml.scores", {scores});
  metadata.set("tokenizer.ggml.bos_token_id", {std::uint32_t{1}});
  metadata.set("tokenizer.ggml.eos_token_id", {std::uint32_t{2}});
  metadata.set("tokenizer.ggml.unknown_token_id", {std::uint32_t{0}});
  const text::TokenizerDefinition definition = read_gguf_tokenizer(metadata);
  const text::Tokenizer tokenizer(definition);
  using Ids = std::vector<text::TokenId>;
  EXPECT_EQ(tokenizer.encode("the"), (Ids{1, 259}));                  // "he", then the space and "t", then both
  EXPECT_EQ(tokenizer.encode("hthe"), (Ids{1, 263, 265, 264, 260}));  // "he" again, and nothing joins "t" to it
  EXPECT_EQ(tokenizer.encode("\u00e9</s>t", {.add_special = false}), (Ids{263, 3 + 0xc3, 3 + 0xa9, 2, 261}));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("the \u00e9 t")), "<s> the \u00e9 t");
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("the \u00e9 t"), true), "the \u00e9 t");
  checkpoint::Metadata written;
  write_gguf_tokenizer(definition, pieces.size(), written);
  EXPECT_EQ(written.find("tightrope.tokenizer.components"), nullptr);
  EXPECT_EQ(text::Tokenizer(read_gguf_tokenizer(written)).encode("the the"), tokenizer.encode("the the"));
  EXPECT_EQ(text::Tokenizer(text::parse_tokenizer_json(text::write_tokenizer_json(definition), "")).encode("the t\u00e9"),
            tokenizer.encode("the t\u00e9"));
}

// Scores made of merges do what the merges do, also for a reader that knows only GGUF's own keys.
TEST(GgufVocabulary, MergesBecomeScores) {
  const fs::path json = fs::path(TIGHTROPE_SHARED) / "tokenizers/phi-3-mini/tokenizer.json";
  if (!fs::exists(json) || !fs::exists(kVocabularies)) GTEST_SKIP() << json << " is not there";
  const text::TokenizerDefinition definition = text::parse_tokenizer_json(read_text_file(json, std::uint64_t{1} << 26), "");
  checkpoint::Metadata metadata;
  write_gguf_tokenizer(definition, definition.tokens.size(), metadata);
  EXPECT_EQ(metadata.string_or("tokenizer.ggml.model", ""), "llama");
  metadata.erase("tightrope.tokenizer.components");
  expect_vectors(text::Tokenizer(read_gguf_tokenizer(metadata)), kVocabularies / "ggml-vocab-phi-3.gguf");
}

// What stands in tokenizer.json survives the way through a GGUF, or is refused by name.
TEST(GgufVocabulary, HoldsTheKindsThatItCan) {
  const Json golden = Json::parse(read_text_file(TIGHTROPE_SOURCE "/tests/golden/tokenizers.json", std::uint64_t{1} << 26), "golden");
  std::size_t held = 0;
  for (const Json& kind : golden.at("texts", "golden").as_array("texts")) {
    const std::string& name = kind.at("name", "golden").as_string("name");
    const text::TokenizerDefinition definition = text::parse_tokenizer_json(kind.at("tokenizer", "golden").dump(), "");
    checkpoint::Metadata metadata;
    try {
      write_gguf_tokenizer(definition, definition.tokens.size() + 3, metadata);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::unsupported) << name << ": " << error.what();
      continue;
    }
    ++held;
    const text::Tokenizer before(definition), after(read_gguf_tokenizer(metadata));
    for (const Json& entry : kind.at("cases", "golden").as_array("cases")) {
      std::vector<text::TokenId> ids;
      for (const Json& id : entry.at("ids", "golden").as_array("ids")) ids.push_back(static_cast<text::TokenId>(id.as_uint("id")));
      EXPECT_EQ(after.decode(ids), before.decode(ids)) << name;
      EXPECT_EQ(after.encode(before.decode(ids)), before.encode(before.decode(ids))) << name << ": " << before.decode(ids);
    }
  }
  EXPECT_EQ(held, 4U);  // byte-level, word pieces, Unigram, RoBERTa's; the merges of `characters` come from no scores
}

}  // namespace
}  // namespace tightrope::model
