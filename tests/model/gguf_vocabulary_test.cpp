// GGUF vocabularies: the test vectors that llama.cpp ships with them where they are there, and every kind of tokenizer written and read
// back.
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

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
