// What cutting at matches leaves: the matches as words of their own, dropped, or joined to a neighbour.
#include "text/splitting.h"

#include <array>
#include <span>

namespace tightrope::text {
namespace {

constexpr std::array<std::string_view, 5> kBehaviors = {"Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"};

// Takes the stretches of a word in order, matches and what lies between them, and appends the words they make.
class Joiner {
 public:
  Joiner(Behavior behavior, std::vector<Span>& words) : behavior_(behavior), words_(words), first_(words.size()) {}

  void add(Span stretch, bool is_match) {
    if (stretch.begin == stretch.end) return;
    const bool joins = words_.size() > first_ && joins_previous(is_match);
    previous_match_ = is_match;
    if (behavior_ == Behavior::removed && is_match) return;
    if (joins)
      words_.back().end = stretch.end;
    else
      words_.push_back(stretch);
  }

 private:
  bool joins_previous(bool is_match) {
    switch (behavior_) {
      case Behavior::isolated:
      case Behavior::removed: return false;
      case Behavior::contiguous: return is_match == previous_match_;
      case Behavior::merged_with_previous: return is_match && !previous_match_;
      case Behavior::merged_with_next: return !is_match && previous_match_;
    }
    return false;
  }

  Behavior behavior_;
  std::vector<Span>& words_;
  std::size_t first_;
  bool previous_match_ = false;
};

void join(Span word, std::span<const Span> matches, Behavior behavior, bool inverted, std::vector<Span>& made) {
  Joiner joiner(behavior, made);
  std::uint32_t done = word.begin;
  for (const Span match : matches) {
    joiner.add({done, match.begin}, inverted);
    joiner.add(match, !inverted);
    done = match.end;
  }
  joiner.add({done, word.end}, inverted);
}

}  // namespace

Behavior read_behavior(const Json& description) {
  const std::string& name = description.as_string("behavior");
  for (std::size_t i = 0; i < kBehaviors.size(); ++i) {
    if (kBehaviors[i] == name) return static_cast<Behavior>(i);
  }
  fail_component("behavior of a pre_tokenizer", name, "Isolated, Removed, MergedWithPrevious, MergedWithNext, Contiguous");
}

std::string_view name_of(Behavior behavior) { return kBehaviors.at(static_cast<std::size_t>(behavior)); }

void split(Pieces& pieces, const Pattern& pattern, Behavior behavior, bool inverted) {
  std::vector<Span> matches;
  SearchClock clock(pieces.text.text.size());
  cut_words(pieces, [&](std::string_view text, std::uint32_t offset, std::vector<Span>& made) {
    matches.clear();
    pattern.find(text, offset, matches);
    clock.look();
    join({offset, offset + static_cast<std::uint32_t>(text.size())}, matches, behavior, inverted, made);
  });
}

}  // namespace tightrope::text
