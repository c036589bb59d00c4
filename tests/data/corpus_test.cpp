// Chunking and the two conventions' token streams.
#include "data/corpus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "support/temporary_folder.h"
#include "support/tiny_model.h"
#include "tightrope/error.h"

namespace tightrope::data {
namespace {

TEST(Corpus, ChunksAreWholeAndConsecutive) {
  std::vector<text::TokenId> tokens(23);
  std::iota(tokens.begin(), tokens.end(), 0u);
  const auto all = chunks(tokens, 5);
  ASSERT_EQ(all.size(), 4u);  // the last three tokens make no chunk
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].size(), 5u);
    EXPECT_EQ(all[i].front(), 5 * i);
  }
  EXPECT_EQ(chunks(tokens, 5, 2).size(), 2u);
  EXPECT_EQ(chunks(tokens, 5, 99).size(), 4u);
  EXPECT_TRUE(chunks(tokens, 24).empty());
}

TEST(Corpus, ConventionsDifferInSpecialTokensAndTheLastNewline) {
  const text::Tokenizer tokenizer(test::tiny_tokenizer());
  const auto plain = encode(tokenizer, "the\n", PerplexityConvention::consecutive);
  const auto halves = encode(tokenizer, "the\n", PerplexityConvention::second_half);
  ASSERT_EQ(plain.size(), 2u);   // "the", newline
  ASSERT_EQ(halves.size(), 2u);  // beginning of text, "the"
  EXPECT_EQ(halves.front(), 0u);
  EXPECT_EQ(halves.back(), plain.front());
}

TEST(Corpus, TextThatSpellsASpecialTokenIsText) {
  const text::Tokenizer tokenizer(test::tiny_tokenizer());
  for (const auto convention : {PerplexityConvention::consecutive, PerplexityConvention::second_half}) {
    const auto tokens = encode(tokenizer, "a<|eos|>b", convention);
    EXPECT_EQ(std::ranges::count(tokens, 1u), 0);
  }
}

TEST(Corpus, ChunksStartWithTheBeginningOfTextOnlyWhereTheTemplateDoes) {
  text::TokenizerDefinition definition = test::tiny_tokenizer();
  EXPECT_EQ(chunk_start_token(text::Tokenizer(definition)), 0);
  definition.around = {};
  EXPECT_EQ(chunk_start_token(text::Tokenizer(definition)), -1);
}

TEST(Corpus, EmptyAndMissingFilesAreRefused) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(read_text(folder.write("empty.txt", "")), Error);
  EXPECT_THROW(read_text(folder / "missing.txt"), Error);
  EXPECT_THROW(read_text(folder.write("long.txt", "0123456789"), 9), Error);
  EXPECT_EQ(read_text(folder.write("text.txt", "words")), "words");
}

}  // namespace
}  // namespace tightrope::data
