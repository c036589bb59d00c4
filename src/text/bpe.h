// Byte-pair merging of one word: its bytes, merged pair by pair in order of priority.
#pragma once

#include <array>
#include <bitset>
#include <string_view>
#include <vector>

#include "text/hash_tables.h"
#include "text/tokenizer.h"

namespace tightrope::text {

// Immutable and thread-safe.
class Bpe {
 public:
  // Errors: malformed, when a merge names a token that does not exist or two tokens have one spelling.
  explicit Bpe(const BpeDefinition& definition);

  // Appends the ids of `word`, raw bytes. O(n log n) in its length, whatever it holds. Errors: invalid_argument, from 4 GiB on.
  void encode_word(std::string_view word, std::vector<TokenId>& ids) const;

 private:
  void add_tokens(const BpeDefinition& definition, StringTable& ids_of_pieces);
  void add_merges(const BpeDefinition& definition, const StringTable& ids_of_pieces);
  void find_whole_words(const BpeDefinition& definition);
  void note_joint(std::string_view left, std::string_view right);
  void merge(std::string_view word, std::vector<TokenId>& ids) const;
  void merge_part(std::string_view part, std::vector<TokenId>& ids) const;

  MergeTable merges_;
  StringTable whole_words_;                    // raw bytes that are one token: with ignore_merges all, else those that merging makes one
  std::array<std::int64_t, 256> byte_tokens_;  // -1: the byte is dropped
  std::array<std::bitset<256>, 256> joints_;   // [a][b]: some merge joins a piece that ends with byte a to one that starts with byte b
  std::size_t longest_whole_word_ = 0;         // bytes
  std::size_t ranks_ = 0;                      // number of merges
  bool ranks_grow_ = true;                     // no merge can make a pair of smaller rank possible: true of every trained table
};

}  // namespace tightrope::text
