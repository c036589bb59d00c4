// Finds added tokens (<|im_start|> and the like) in text before any other rule sees it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/byte_span.h"
#include "text/definition.h"

namespace tightrope::text {

// A stretch of text: one added token with the spaces it swallows, or plain text.
struct Segment {
  std::string_view text;
  std::int64_t id = -1;  // -1: plain
};

// Bytes of a whole text in which no special token may be seen, for parts of that text.
struct Literal {
  std::string_view whole;
  std::span<const ByteSpan> spans = {};  // ascending

  // The first literal byte of a part, which must point into the whole; its size when there is none.
  std::size_t first_in(std::string_view part) const noexcept;
};

// One set of added tokens, matched leftmost and longest. Immutable and thread-safe.
class AddedTokens {
 public:
  struct Entry {
    std::string content;  // what is looked for: not empty, valid UTF-8
    TokenizerDefinition::Added token;
  };
  explicit AddedTokens(std::vector<Entry> tokens);

  bool empty() const noexcept { return sorted_.empty(); }

  // Calls each(Segment) for the parts of `text` in order. Requires valid UTF-8. Time: text times longest token, at worst (the tokenizer
  // bounds that).
  template <class Each>
  void split(std::string_view text, bool parse_special, Each&& each) const {
    split(text, parse_special, Literal{}, each);
  }
  template <class Each>
  void split(std::string_view text, bool parse_special, const Literal& literal, Each&& each) const {
    std::size_t done = 0;  // text before it has been handed out; an overlapping match may start before it
    std::size_t step = 0;
    for (std::size_t at = 0; const Entry* found = next_match(text, at); at += step) {
      if (found->token.special && parse_special) found = beside(literal, text, at, found);
      step = found == nullptr ? 1 : found->content.size();
      if (found == nullptr) continue;
      const TokenizerDefinition::Added& token = found->token;
      const std::size_t end = at + found->content.size();
      if (token.special && !parse_special) continue;
      if (token.single_word && !stands_alone(text, at, end)) continue;
      const std::size_t start = token.left_strip ? std::max(spaces_before(text, at, std::min(done, at)), done) : at;
      const std::size_t stop = token.right_strip ? spaces_after(text, std::max(end, done)) : end;
      if (done < start) each(Segment{text.substr(done, start - done)});
      each(Segment{text.substr(start, stop - start), token.id});
      done = stop;
    }
    if (done < text.size()) each(Segment{text.substr(done)});
  }

 private:
  // The first match at or after `at`, which is moved to its start; null when there is none.
  const Entry* next_match(std::string_view text, std::size_t& at) const noexcept;
  const Entry* longest_match(std::string_view text) const noexcept;  // at its start
  // The match itself when it is clear of literal bytes, or else a shorter one that is; null when neither is there.
  const Entry* beside(const Literal& literal, std::string_view text, std::size_t at, const Entry* match) const noexcept;
  static bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) noexcept;
  // Spaces that lie before `first` or were swallowed by the match before are not looked at again: all matches together take one walk.
  static std::size_t spaces_before(std::string_view text, std::size_t at, std::size_t first) noexcept;
  static std::size_t spaces_after(std::string_view text, std::size_t at) noexcept;

  std::vector<Entry> sorted_;       // by content, bytewise
  std::array<bool, 256> starts_{};  // first bytes of the contents
};

}  // namespace tightrope::text
