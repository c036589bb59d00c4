// Sequences of numbers (bytes, tokens) to values, found by their prefixes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "text/definition.h"

namespace tightrope::text {

// Nodes in order of depth, so that the children of a node lie side by side, in order of their labels. Immutable and thread-safe.
class Trie {
 public:
  using Node = std::uint32_t;
  static constexpr Node kRoot = 0, kNone = 0;  // the root is nobody's child
  static constexpr TokenId kNoValue = 0xffffffff;

  struct Entry {
    std::vector<std::uint32_t> labels;
    TokenId value = 0;
  };
  static Entry entry(std::string_view bytes, TokenId value);

  Trie() : Trie(std::vector<Entry>{}) {}
  // Of equal sequences the last one wins; empty ones are ignored.
  explicit Trie(std::vector<Entry> entries);

  Node child(Node node, std::uint32_t label) const noexcept {
    if (node == kRoot) return label < of_root_.size() ? of_root_[label] : kNone;
    const std::uint32_t first = first_child_[node];
    std::uint32_t count = first_child_[node + 1] - first;
    const std::uint32_t* at = labels_.data() + first;
    while (count > 1) {  // the last label that is not greater
      const std::uint32_t half = count / 2;
      at = at[half] <= label ? at + half : at;
      count -= half;
    }
    return count == 1 && *at == label ? static_cast<Node>(at - labels_.data()) : kNone;
  }
  TokenId value(Node node) const noexcept { return values_[node]; }

 private:
  std::vector<std::uint32_t> first_child_;  // per node, and one more
  std::vector<std::uint32_t> labels_;       // per node: the label that leads to it
  std::vector<TokenId> values_;             // per node
  std::vector<Node> of_root_;               // per label
};

}  // namespace tightrope::text
