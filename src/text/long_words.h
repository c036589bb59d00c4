// Byte-pair merging of long words from left to right, in linear time whatever they hold.
#pragma once

#include <vector>

#include "text/merging.h"
#include "text/trie.h"

namespace tightrope::text {

// What this rests on. The encoding of a word is a sequence of tokens each of which encodes its own text (as one token), and in which each
// two neighbours encode their joint text as just those two: no border is ever crossed by a merge, so what happens between two borders is
// what would happen there alone. And a sequence with these two properties is the encoding: the first merge to cross one of its borders
// would have crossed it in the joint text of the two neighbours as well. This holds for any ranks. So the beginning of a word up to any
// border has one encoding only, and a search that goes on with the longest fitting token, and gives up a border for good when nothing
// fits behind it, visits each border once, in whatever order it tries.
class LongWords {
 public:
  // `tokens`: those that merging makes of their own symbols, and the symbols. `merges` must outlive this.
  struct Entry {
    TokenId id;
    std::vector<TokenId> symbols;
  };
  LongWords(const MergeTable& merges, const std::vector<Entry>& tokens, std::size_t vocabulary);

  void merge(std::vector<Symbol>& symbols) const;

 private:
  class Search;
  // The last merge of those that make a token of its symbols.
  struct Halves {
    TokenId left = 0, right = 0;
    std::uint32_t rank = Merge::kNone;  // kNone: unknown, or the token is a symbol
  };
  std::span<const TokenId> symbols_of(const TokenId& id) const;  // a token that merging does not make is its own symbol
  void find_halves(const std::vector<Entry>& tokens);
  bool is_simple(TokenId id) const { return halves_[id].rank != Merge::kNone || symbols_of(id).size() == 1; }
  bool fits_simply(TokenId left, TokenId right) const;

  const MergeTable& merges_;
  Trie tokens_;                         // over symbols
  std::vector<TokenId> pool_;           // the symbols of all tokens, one after the other
  std::vector<std::uint32_t> offsets_;  // per id: into pool_; one more at the end
  std::vector<Halves> halves_;          // per id
  bool has_falling_ranks_ = false;      // some merge comes before one that makes a half of it
};

}  // namespace tightrope::text
