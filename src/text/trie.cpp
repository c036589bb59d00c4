// Sequences of numbers (bytes, tokens) to values, found by their prefixes.
#include "text/trie.h"

namespace tightrope::text {

Trie::Entry Trie::entry(std::string_view bytes, TokenId value) {
  Entry made{{}, value};
  for (const char c : bytes) made.labels.push_back(static_cast<unsigned char>(c));
  return made;
}

// Each node is a range of the sorted entries that share its labels; its own entries are the first of them.
Trie::Trie(std::vector<Entry> entries) {
  std::ranges::stable_sort(entries, {}, &Entry::labels);
  struct Range {
    std::size_t begin, end;
  };
  std::vector<Range> level{{0, entries.size()}}, next;
  labels_.push_back(0);
  std::uint32_t made = 1;
  for (std::size_t depth = 0; !level.empty(); ++depth) {
    next.clear();
    for (Range range : level) {
      values_.push_back(kNoValue);
      for (; range.begin < range.end && entries[range.begin].labels.size() == depth; ++range.begin)
        if (depth > 0) values_.back() = entries[range.begin].value;
      first_child_.push_back(made);
      while (range.begin < range.end) {
        const std::uint32_t label = entries[range.begin].labels[depth];
        std::size_t end = range.begin;
        while (end < range.end && entries[end].labels[depth] == label) ++end;
        labels_.push_back(label);
        next.push_back({range.begin, end});
        range.begin = end;
        ++made;
      }
    }
    level.swap(next);
  }
  first_child_.push_back(made);
  for (Node node = first_child_[0]; node < first_child_[1]; ++node) {
    of_root_.resize(std::size_t{labels_[node]} + 1, kNone);
    of_root_.back() = node;
  }
}

}  // namespace tightrope::text
