// Three ways to apply merges to a sequence of tokens; all give the same answer, each is the fastest somewhere.
#pragma once

#include <vector>

#include "text/hash_tables.h"

namespace tightrope::text {

// The rule all three obey: while any two neighbours merge, merge the pair of smallest rank, of equal ranks the leftmost.

constexpr std::size_t kShortWord = 32;  // tokens up to which scanning for the smallest rank beats keeping a queue

// O(n^2), for at most kShortWord tokens: `tokens` becomes the result.
void merge_short(const MergeTable& merges, std::vector<TokenId>& tokens);

// O(n log n), for any table.
void merge_long(const MergeTable& merges, std::vector<TokenId>& tokens);

// O(n + ranks), for tables in which a merge never makes a pair of smaller rank possible (`ranks`: one more than the largest): handles all
// pairs of one rank in one sweep, so that memory is read nearly in order.
void merge_long_by_rank(const MergeTable& merges, std::size_t ranks, std::vector<TokenId>& tokens);

}  // namespace tightrope::text
