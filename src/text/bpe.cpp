// Byte-pair merging of one word: its bytes, merged pair by pair in order of priority.
#include "text/bpe.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "text/byte_alphabet.h"
#include "text/merging.h"

namespace tightrope::text {
namespace {

constexpr std::size_t kRanksPerToken = 4;  // more ranks than this, and sweeping over them costs more than a queue

// Per id: may merging and the whole-word rule produce it?
std::vector<bool> mergeable_tokens(const BpeDefinition& definition) {
  std::vector<bool> mergeable(definition.tokens.size());
  for (std::size_t id = 0; id < mergeable.size(); ++id) mergeable[id] = definition.tokens[id].kind != TokenKind::unused;
  for (const auto& added : definition.added) mergeable[added.id] = added.in_vocabulary;
  return mergeable;
}

TokenId id_of(const StringTable& ids_of_pieces, std::string_view piece, std::size_t rank) {
  const auto id = ids_of_pieces.find(piece);
  if (!id)
    fail(ErrorCode::malformed, "[tokenizer] merge {} needs the token '{}', which is not in the vocabulary; the file is damaged", rank,
         piece);
  return *id;
}

}  // namespace

Bpe::Bpe(const BpeDefinition& definition) : merges_(definition.merges.size()) {
  StringTable ids_of_pieces;
  ids_of_pieces.reserve(definition.tokens.size());
  add_tokens(definition, ids_of_pieces);
  add_merges(definition, ids_of_pieces);
  find_whole_words(definition);
}

void Bpe::add_tokens(const BpeDefinition& definition, StringTable& ids_of_pieces) {
  const std::vector<bool> mergeable = mergeable_tokens(definition);
  for (std::size_t id = 0; id < mergeable.size(); ++id) {
    const std::string& piece = definition.tokens[id].piece;
    if (mergeable[id] && !ids_of_pieces.insert(piece, static_cast<TokenId>(id)))
      fail(ErrorCode::malformed, "[tokenizer] tokens {} and {} are both '{}'; the file is damaged", *ids_of_pieces.find(piece), id, piece);
  }
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char value = static_cast<char>(static_cast<unsigned char>(byte));
    const auto id = ids_of_pieces.find(to_byte_alphabet({&value, 1}));
    byte_tokens_[byte] = id ? std::int64_t{*id} : definition.byte_unknown;
  }
}

void Bpe::add_merges(const BpeDefinition& definition, const StringTable& ids_of_pieces) {
  constexpr std::uint32_t kMakesNone = 0;
  std::vector<std::uint32_t> last_made(definition.tokens.size(), kMakesNone);  // 1 + largest rank that makes this token
  struct Pair {
    TokenId left, right, result;
  };
  std::vector<Pair> pairs;
  pairs.reserve(definition.merges.size());
  ranks_ = definition.merges.size();
  for (const auto& [left, right] : definition.merges) {
    const std::size_t rank = pairs.size();
    pairs.push_back({id_of(ids_of_pieces, left, rank), id_of(ids_of_pieces, right, rank), id_of(ids_of_pieces, left + right, rank)});
    const Pair& pair = pairs.back();
    merges_.assign(pair.left, pair.right, {static_cast<std::uint32_t>(rank), pair.result});
    last_made[pair.result] = static_cast<std::uint32_t>(rank) + 1;
    note_joint(left, right);
  }
  for (std::size_t rank = 0; rank < pairs.size(); ++rank) {
    if (last_made[pairs[rank].left] > rank || last_made[pairs[rank].right] > rank) ranks_grow_ = false;
  }
}

// Pieces that are not spelt in bytes are never made of bytes, so they join nothing.
void Bpe::note_joint(std::string_view left, std::string_view right) {
  const auto before = from_byte_alphabet(left), after = from_byte_alphabet(right);
  if (!before || !after || before->empty() || after->empty()) return;
  joints_[static_cast<unsigned char>(before->back())].set(static_cast<unsigned char>(after->front()));
}

void Bpe::find_whole_words(const BpeDefinition& definition) {
  const std::vector<bool> mergeable = mergeable_tokens(definition);
  whole_words_.reserve(definition.tokens.size());
  std::vector<TokenId> ids;
  for (std::size_t id = 0; id < mergeable.size(); ++id) {
    if (!mergeable[id]) continue;
    const auto bytes = from_byte_alphabet(definition.tokens[id].piece);
    if (!bytes || bytes->empty()) continue;
    if (!definition.ignore_merges) {
      ids.clear();
      merge(*bytes, ids);
      if (ids.size() != 1 || ids[0] != id) continue;
    }
    whole_words_.insert(*bytes, static_cast<TokenId>(id));
    longest_whole_word_ = std::max(longest_whole_word_, bytes->size());
  }
}

void Bpe::encode_word(std::string_view word, std::vector<TokenId>& ids) const {
  if (word.size() <= longest_whole_word_) {
    if (const auto id = whole_words_.find(word)) {
      ids.push_back(*id);
      return;
    }
  }
  merge(word, ids);
}

// Where no merge can join two neighbouring bytes, the word falls into parts that merge independently: most hostile words into short ones.
void Bpe::merge(std::string_view word, std::vector<TokenId>& ids) const {
  const auto byte_at = [word](std::size_t i) { return static_cast<unsigned char>(word[i]); };
  std::size_t begin = 0;
  for (std::size_t end = 1; end <= word.size(); ++end) {
    if (end < word.size() &&
        (joints_[byte_at(end - 1)][byte_at(end)] || byte_tokens_[byte_at(end)] < 0 || byte_tokens_[byte_at(end - 1)] < 0))
      continue;  // a dropped byte lets the bytes around it meet
    merge_part(word.substr(begin, end - begin), ids);
    begin = end;
  }
}

void Bpe::merge_part(std::string_view part, std::vector<TokenId>& ids) const {
  if (part.size() == 1) {
    const std::int64_t token = byte_tokens_[static_cast<unsigned char>(part[0])];
    if (token >= 0) ids.push_back(static_cast<TokenId>(token));
    return;
  }
  if (part.size() >= Merge::kNone)
    fail(ErrorCode::invalid_argument, "[tokenizer] a word of {} bytes is beyond 4 GiB; encode the text in parts", part.size());
  std::vector<TokenId> tokens;
  tokens.reserve(part.size());
  for (const char c : part) {
    const std::int64_t token = byte_tokens_[static_cast<unsigned char>(c)];
    if (token >= 0) tokens.push_back(static_cast<TokenId>(token));
  }
  if (tokens.size() <= kShortWord)
    merge_short(merges_, tokens);
  else if (ranks_grow_ && ranks_ <= kRanksPerToken * tokens.size())
    merge_long_by_rank(merges_, ranks_, tokens);
  else
    merge_long(merges_, tokens);
  ids.insert(ids.end(), tokens.begin(), tokens.end());
}

}  // namespace tightrope::text
