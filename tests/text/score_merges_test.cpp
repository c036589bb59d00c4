// Merging by score: as SentencePiece does it, as merges, and back.
#include "text/score_merges.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "text/tokenizer.h"
#include "text/tokenizer_json.h"
#include "text/utf8.h"

namespace tightrope::text {
namespace {

// Letters first; every longer piece has a score of its own unless `tied`.
TokenizerDefinition scored(Random& random, bool tied) {
  TokenizerDefinition definition;
  definition.model = BpeOptions{.merges = {}, .merges_by_score = true, .unknown = 0};
  std::vector<std::string> pieces = {"?", "a", "b", "\xc3\xa9"};
  while (pieces.size() < 24) {
    std::string piece = pieces[1 + random.below(pieces.size() - 1)] + pieces[1 + random.below(pieces.size() - 1)];
    if (std::ranges::find(pieces, piece) == pieces.end()) pieces.push_back(std::move(piece));
  }
  for (std::size_t i = 0; i < pieces.size(); ++i)
    definition.tokens.push_back({pieces[i], TokenKind::normal, -static_cast<double>(tied ? random.below(4) : (i * 7) % pieces.size())});
  return definition;
}

// While two neighbours make a token, join those that make the one of the highest score, the leftmost of equals.
std::vector<TokenId> joined_naively(const TokenizerDefinition& definition, const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < text.size(); at += code_point_at(text, at).bytes)
    parts.push_back(text.substr(at, code_point_at(text, at).bytes));
  const auto id_of = [&](const std::string& piece) {
    const auto found = std::ranges::find(definition.tokens, piece, &Token::piece);
    return found == definition.tokens.end() ? TokenId{0} : static_cast<TokenId>(found - definition.tokens.begin());
  };
  for (;;) {
    std::size_t best = parts.size();
    double score = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const TokenId id = id_of(parts[i] + parts[i + 1]);
      if (id == 0 || (best < parts.size() && definition.tokens[id].score <= score)) continue;
      best = i;
      score = definition.tokens[id].score;
    }
    if (best == parts.size()) break;
    parts[best] += parts[best + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
  std::vector<TokenId> ids;
  for (const std::string& part : parts) ids.push_back(id_of(part));
  return ids;
}

std::string random_text(Random& random) {
  std::string text;
  for (std::size_t i = 1 + random.below(60); i > 0; --i) text += std::vector<std::string>{"a", "b", "\xc3\xa9"}[random.below(3)];
  return text;
}

TEST(ScoreMerges, JoinTheHighestScoreFirst) {
  Random random(21);
  for (int round = 0; round < 100; ++round) {
    const TokenizerDefinition definition = scored(random, round % 2 == 0);
    const Tokenizer tokenizer(definition);
    for (int i = 0; i < 10; ++i) {
      const std::string text = random_text(random);
      EXPECT_EQ(tokenizer.encode(text), joined_naively(definition, text)) << text;
    }
  }
}

TEST(ScoreMerges, SpeltOutAndBack) {
  Random random(22);
  for (int round = 0; round < 50; ++round) {
    const TokenizerDefinition definition = scored(random, false);
    TokenizerDefinition merges = parse_tokenizer_json(write_tokenizer_json(definition), "");
    ASSERT_FALSE(merges.bpe()->merges_by_score);
    const Tokenizer first(definition), second(merges);
    ASSERT_TRUE(give_scores(merges));
    merges.bpe()->merges.clear();
    merges.bpe()->merges_by_score = true;
    const Tokenizer third(merges);
    for (int i = 0; i < 10; ++i) {
      const std::string text = random_text(random);
      EXPECT_EQ(second.encode(text), first.encode(text)) << text;
      EXPECT_EQ(third.encode(text), first.encode(text)) << text;
    }
  }
}

TEST(ScoreMerges, MergesThatComeFromNoScoresHaveNone) {
  Random random(23);
  TokenizerDefinition definition = parse_tokenizer_json(write_tokenizer_json(scored(random, false)), "");
  definition.bpe()->merges.pop_back();
  EXPECT_FALSE(give_scores(definition));
}

}  // namespace
}  // namespace tightrope::text
