// All ways of merging agree with the rule spelt out naively, on random tables and sequences.
#include "text/long_words.h"

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

std::vector<Symbol> merged_naively(const Table& table, std::vector<Symbol> symbols) {
  for (;;) {
    Merge best;
    std::size_t place = 0;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const auto found = table.naive.find({symbols[i].id, symbols[i + 1].id});
      if (found == table.naive.end() || found->second.rank >= best.rank) continue;
      best = found->second;
      place = i;
    }
    if (best.rank == Merge::kNone) return symbols;
    symbols[place] = {best.id, symbols[place].bytes + symbols[place + 1].bytes};
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
}

std::vector<Symbol> random_symbols(Random& random, TokenId letters, std::size_t count) {
  std::vector<Symbol> symbols(count);
  for (Symbol& symbol : symbols) symbol = {static_cast<TokenId>(random.below(letters)), static_cast<std::uint32_t>(1 + random.below(3))};
  return symbols;
}

// The tokens that merging makes of their own letters.
LongWords long_words_of(const Table& table, TokenId letters) {
  std::vector<std::vector<TokenId>> spellings(letters + table.ranks);
  for (TokenId letter = 0; letter < letters; ++letter) spellings[letter] = {letter};
  std::map<TokenId, std::pair<TokenId, TokenId>> made_of;
  for (const auto& [pair, merge] : table.naive) made_of[merge.id] = pair;
  std::vector<LongWords::Entry> entries;
  for (const auto& [id, pair] : made_of) {  // in order of id, so parts come first
    spellings[id] = spellings[pair.first];
    spellings[id].insert(spellings[id].end(), spellings[pair.second].begin(), spellings[pair.second].end());
    if (spellings[id].size() > 2000) continue;
    std::vector<Symbol> symbols;
    for (const TokenId letter : spellings[id]) symbols.push_back({letter, 1});
    const std::vector<Symbol> merged = merged_naively(table, symbols);
    if (merged.size() == 1 && merged[0].id == id) entries.push_back({id, spellings[id]});
  }
  return LongWords(table.merges, entries, spellings.size());
}

TEST(Merging, AllWaysAgree) {
  Random random(11);
  int merges_done = 0;
  for (int round = 0; round < 600; ++round) {
    const bool shuffled = round % 2 == 1;
    const auto letters = static_cast<TokenId>(1 + random.below(4));
    const Table table = random_table(random, letters, static_cast<std::uint32_t>(1 + random.below(30)), shuffled);
    const std::vector<Symbol> symbols = random_symbols(random, letters, random.below(round % 4 == 0 ? kShortWord + 1 : 200));
    const std::vector<Symbol> expected = merged_naively(table, symbols);
    merges_done += static_cast<int>(symbols.size() - expected.size());
    std::vector<Symbol> result = symbols;
    merge_long(table.merges, result);
    EXPECT_EQ(result, expected) << "queue, round " << round;
    result = symbols;
    long_words_of(table, letters).merge(result);
    EXPECT_EQ(result, expected) << "from left to right, round " << round;
    if (symbols.size() <= kShortWord) {
      result = symbols;
      result.resize(merge_short(table.merges, result));
      EXPECT_EQ(result, expected) << "short, round " << round;
    }
  }
  EXPECT_GT(merges_done, 1000);
}

TEST(Merging, NothingAndOneToken) {
  const MergeTable merges;
  std::vector<Symbol> none, one{{7, 2}};
  EXPECT_EQ(merge_short(merges, none), 0u);
  merge_long(merges, one);
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(one, (std::vector<Symbol>{{7, 2}}));
}

}  // namespace
}  // namespace tightrope::text
