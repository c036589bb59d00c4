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
// fits behind it, visits each border once.
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
  std::span<const TokenId> symbols_of(const TokenId& id) const;  // a token that merging does not make is its own symbol

  const MergeTable& merges_;
  Trie tokens_;                         // over symbols
  std::vector<TokenId> pool_;           // the symbols of all tokens, one after the other
  std::vector<std::uint32_t> offsets_;  // per id: into pool_; one more at the end
};

}  // namespace tightrope::text
