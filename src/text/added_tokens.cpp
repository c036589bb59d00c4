// Finds added tokens (<|im_start|> and the like) in text before any other rule sees it.
#include "text/added_tokens.h"

#include <algorithm>

#include "text/unicode.h"
#include "text/utf8.h"

namespace tightrope::text {
namespace {

bool is(std::string_view text, std::size_t at, std::uint8_t flag) {
  return (CharacterClasses::instance().of(code_point_at(text, at).value) & flag) != 0;
}

unsigned char byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

}  // namespace

AddedTokens::AddedTokens(std::vector<Entry> tokens) : sorted_(std::move(tokens)) {
  std::ranges::stable_sort(sorted_, {}, &Entry::content);
  for (const Entry& entry : sorted_) starts_[byte_at(entry.content, 0)] = true;
}

const AddedTokens::Entry* AddedTokens::next_match(std::string_view text, std::size_t& at) const noexcept {
  if (empty()) return nullptr;
  for (; at < text.size(); ++at) {
    if (!starts_[byte_at(text, at)]) continue;
    if (const Entry* entry = longest_match(text.substr(at))) return entry;
  }
  return nullptr;
}

// Narrows the range of contents that agree with the text, a byte at a time; a content used up is the first of its range.
const AddedTokens::Entry* AddedTokens::longest_match(std::string_view text) const noexcept {
  const Entry* longest = nullptr;
  auto first = sorted_.begin(), last = sorted_.end();
  for (std::size_t i = 0; first != last; ++i) {
    while (first != last && first->content.size() == i) longest = &*first++;
    if (first == last || i == text.size()) break;
    const auto byte_of = [i](const Entry& entry) { return byte_at(entry.content, i); };
    const auto range = std::ranges::equal_range(first, last, byte_at(text, i), {}, byte_of);
    first = range.begin();
    last = range.end();
  }
  return longest;
}

std::size_t Literal::first_in(std::string_view part) const noexcept {
  if (spans.empty()) return part.size();
  const auto begin = static_cast<std::size_t>(part.data() - whole.data());
  const auto span = std::ranges::upper_bound(spans, begin, {}, &ByteSpan::end);
  if (span == spans.end() || span->begin >= begin + part.size()) return part.size();
  return std::max(span->begin, begin) - begin;
}

const AddedTokens::Entry* AddedTokens::beside(const Literal& literal, std::string_view text, std::size_t at,
                                              const Entry* match) const noexcept {
  const std::size_t clear = literal.first_in(text.substr(at, match->content.size()));
  return clear == match->content.size() ? match : longest_match(text.substr(at, clear));
}

bool AddedTokens::stands_alone(std::string_view text, std::size_t begin, std::size_t end) noexcept {
  const bool joined_left = begin > 0 && is(text, previous_code_point(text, begin), kWord);
  const bool joined_right = end < text.size() && is(text, end, kWord);
  return !joined_left && !joined_right;
}

std::size_t AddedTokens::spaces_before(std::string_view text, std::size_t at, std::size_t first) noexcept {
  while (at > first) {
    const std::size_t previous = previous_code_point(text, at);
    if (!is(text, previous, kSpace)) break;
    at = previous;
  }
  return at;
}

std::size_t AddedTokens::spaces_after(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && is(text, at, kSpace)) at += code_point_at(text, at).bytes;
  return at;
}

}  // namespace tightrope::text
