// Merging in order of the tokens' scores, as SentencePiece does it, spelt out as merges.
#include "text/score_merges.h"

#include <algorithm>

#include "text/hash_tables.h"
#include "text/utf8.h"

namespace tightrope::text {
namespace {

constexpr std::size_t kLongestPiece = 1024;  // bytes; a longer token is no merge's result, so that a hostile file costs no quadratic time

StringTable table_of(const TokenizerDefinition& definition) {
  const std::vector<bool> members = model_tokens(definition);
  StringTable ids;
  for (std::size_t id = 0; id < members.size(); ++id) {
    const TokenKind kind = definition.tokens[id].kind;
    if (members[id] && (kind == TokenKind::normal || kind == TokenKind::user_defined))
      ids.insert(definition.tokens[id].piece, static_cast<TokenId>(id));
  }
  return ids;
}

}  // namespace

std::vector<ScoreMerge> merges_by_score(const TokenizerDefinition& definition) {
  const StringTable ids = table_of(definition);
  std::vector<ScoreMerge> merges;
  for (std::size_t id = 0; id < definition.tokens.size(); ++id) {
    const std::string_view piece = definition.tokens[id].piece;
    if (piece.size() > kLongestPiece || ids.find(piece) != static_cast<TokenId>(id)) continue;
    for (std::size_t cut = 0; cut < piece.size();) {
      cut += code_point_at(piece, cut).bytes;
      const auto left = ids.find(piece.substr(0, cut)), right = ids.find(piece.substr(cut));
      if (cut < piece.size() && left && right) merges.push_back({*left, *right, static_cast<TokenId>(id), 0});
    }
  }
  const auto score = [&](const ScoreMerge& merge) { return definition.tokens[merge.result].score; };
  std::ranges::stable_sort(merges, std::ranges::greater{}, score);
  for (std::size_t i = 1; i < merges.size(); ++i)
    merges[i].rank = score(merges[i]) == score(merges[i - 1]) ? merges[i - 1].rank : static_cast<std::uint32_t>(i);
  return merges;
}

// Merges that came from scores name all pairs, and those of one token stand together. Then the rank of a token's first merge, negated, is
// its score; characters that are no merge's result come last in SentencePiece's own files, too.
bool give_scores(TokenizerDefinition& definition) {
  const BpeOptions& bpe = *definition.bpe();
  TokenizerDefinition scored = definition;
  const StringTable ids = table_of(definition);
  for (Token& token : scored.tokens) token.score = -static_cast<double>(bpe.merges.size());
  for (std::size_t rank = bpe.merges.size(); rank-- > 0;) {
    const auto id = ids.find(bpe.merges[rank].first + bpe.merges[rank].second);
    if (!id) return false;
    scored.tokens[*id].score = -static_cast<double>(rank);
  }
  const std::vector<ScoreMerge> merges = merges_by_score(scored);
  if (merges.size() != bpe.merges.size()) return false;
  std::uint32_t rank = 0;
  const auto position_of = [&](const ScoreMerge& merge) {
    return std::pair(definition.tokens[merge.left].piece, definition.tokens[merge.right].piece);
  };
  std::vector<std::pair<std::string, std::string>> group, expected;
  for (std::size_t i = 0; i <= merges.size(); ++i) {  // group by group of equal rank: the same pairs, in any order
    if (i == merges.size() || merges[i].rank != rank) {
      std::ranges::sort(group);
      std::ranges::sort(expected);
      if (group != expected) return false;
      group.clear();
      expected.clear();
      if (i == merges.size()) break;
      rank = merges[i].rank;
    }
    group.push_back(position_of(merges[i]));
    expected.push_back(bpe.merges[i]);
  }
  for (std::size_t id = 0; id < scored.tokens.size(); ++id) definition.tokens[id].score = scored.tokens[id].score;
  return true;
}

}  // namespace tightrope::text
