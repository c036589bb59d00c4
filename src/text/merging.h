// Applying merges to a sequence of tokens: the rule spelt out for few tokens, and with a queue for many.
#pragma once

#include <span>
#include <vector>

#include "text/hash_tables.h"

namespace tightrope::text {

// A token and how many bytes of the word it stands for.
struct Symbol {
  TokenId id = 0;
  std::uint32_t bytes = 0;
  bool operator==(const Symbol&) const = default;
};

// The rule both obey: while any two neighbours merge, merge the pair of smallest rank, of equal ranks the leftmost.

constexpr std::size_t kShortWord = 32;  // symbols up to which scanning for the smallest rank beats everything else

// O(n^2), for at most kShortWord symbols: the first of `symbols` become the result, and how many these are is returned. Stops early when
// only `stop` symbols are left. Ranks must stay below kMaximumTokens.
std::size_t merge_short(const MergeTable& merges, std::span<Symbol> symbols, std::size_t stop = 1);

// O(n log n).
void merge_long(const MergeTable& merges, std::vector<Symbol>& symbols);

// Whichever is right.
inline void merge_any(const MergeTable& merges, std::vector<Symbol>& symbols) {
  if (symbols.size() > kShortWord) return merge_long(merges, symbols);
  symbols.resize(merge_short(merges, symbols));
}

}  // namespace tightrope::text
