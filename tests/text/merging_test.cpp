// The three ways of merging agree with the rule spelt out naively, on random tables and sequences.
#include "text/merging.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "base/random.h"

namespace tightrope::text {
namespace {

struct Table {
  MergeTable merges;
  std::map<std::pair<TokenId, TokenId>, Merge> naive;
  std::size_t ranks = 0;
};

// `letters` basic tokens and `ranks` merges of tokens known so far. Shuffled ranks let a merge enable one of smaller rank.
Table random_table(Random& random, TokenId letters, std::uint32_t ranks, bool shuffled) {
  Table table{MergeTable(ranks), {}, ranks};
  std::vector<std::uint32_t> order(ranks);
  for (std::uint32_t i = 0; i < ranks; ++i) order[i] = i;
  for (std::uint32_t i = ranks; shuffled && i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  for (std::uint32_t i = 0; i < ranks; ++i) {
    const auto left = static_cast<TokenId>(random.below(letters + i)), right = static_cast<TokenId>(random.below(letters + i));
    if (table.naive.contains({left, right})) continue;
    const Merge merge{order[i], letters + i};
    table.naive[{left, right}] = merge;
    table.merges.assign(left, right, merge);
  }
  return table;
}

std::vector<TokenId> merged_naively(const Table& table, std::vector<TokenId> tokens) {
  for (;;) {
    Merge best;
    std::size_t place = 0;
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
      const auto found = table.naive.find({tokens[i], tokens[i + 1]});
      if (found == table.naive.end() || found->second.rank >= best.rank) continue;
      best = found->second;
      place = i;
    }
    if (best.rank == Merge::kNone) return tokens;
    tokens[place] = best.id;
    tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
}

std::vector<TokenId> random_tokens(Random& random, TokenId letters, std::size_t count) {
  std::vector<TokenId> tokens(count);
  for (TokenId& token : tokens) token = static_cast<TokenId>(random.below(letters));
  return tokens;
}

TEST(Merging, AllWaysAgree) {
  Random random(11);
  int merges_done = 0;
  for (int round = 0; round < 400; ++round) {
    const bool shuffled = round % 2 == 1;
    const auto letters = static_cast<TokenId>(1 + random.below(4));
    const Table table = random_table(random, letters, static_cast<std::uint32_t>(1 + random.below(30)), shuffled);
    const std::vector<TokenId> tokens = random_tokens(random, letters, random.below(round % 4 == 0 ? kShortWord + 1 : 200));
    const std::vector<TokenId> expected = merged_naively(table, tokens);
    merges_done += static_cast<int>(tokens.size() - expected.size());
    std::vector<TokenId> result = tokens;
    merge_long(table.merges, result);
    EXPECT_EQ(result, expected) << "queue, round " << round;
    if (!shuffled) {
      result = tokens;
      merge_long_by_rank(table.merges, table.ranks, result);
      EXPECT_EQ(result, expected) << "by rank, round " << round;
    }
    if (tokens.size() <= kShortWord) {
      result = tokens;
      merge_short(table.merges, result);
      EXPECT_EQ(result, expected) << "short, round " << round;
    }
  }
  EXPECT_GT(merges_done, 1000);
}

TEST(Merging, NothingAndOneToken) {
  const MergeTable merges;
  std::vector<TokenId> none, one{7};
  merge_short(merges, none);
  merge_long(merges, one);
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(one, std::vector<TokenId>{7});
}

}  // namespace
}  // namespace tightrope::text
