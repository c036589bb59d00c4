// What cutting at matches leaves: the matches as words of their own, dropped, or joined to a neighbour.
#pragma once

#include <string_view>

#include "text/components.h"
#include "text/pattern.h"

namespace tightrope::text {

enum class Behavior : std::uint8_t { isolated, removed, merged_with_previous, merged_with_next, contiguous };

// As tokenizer.json spells it ("Isolated" …). Errors: unsupported.
Behavior read_behavior(const Json& description);
std::string_view name_of(Behavior behavior);

// Cuts every word of `pieces` at the matches of `pattern`; inverted: what lies between matches counts as the match.
void split(Pieces& pieces, const Pattern& pattern, Behavior behavior, bool inverted);

// Cuts every word anew: cut(text of the word, its offset, where to append the new words).
template <class Cut>
void cut_words(Pieces& pieces, Cut&& cut) {
  std::vector<Span> made;
  made.reserve(pieces.words.size() + pieces.text.text.size() / 4);
  for (const Span word : pieces.words) cut(std::string_view(pieces.text.text).substr(word.begin, word.end - word.begin), word.begin, made);
  pieces.words = std::move(made);
}

}  // namespace tightrope::text
