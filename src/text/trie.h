// Sequences of numbers (bytes, tokens) to values, found by their prefixes.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "text/hash_tables.h"

namespace tightrope::text {

class Trie {
 public:
  using Node = std::uint32_t;
  static constexpr Node kRoot = 0, kNone = 0;  // the root is nobody's child
  static constexpr TokenId kNoValue = 0xffffffff;

  explicit Trie(std::size_t expected_nodes = 0) : children_(expected_nodes), values_(1, kNoValue) {}

  Node child(Node node, std::uint32_t label) const noexcept { return children_.find(node, label); }
  TokenId value(Node node) const noexcept { return values_[node]; }

  Node add_child(Node node, std::uint32_t label) {
    Node next = child(node, label);
    if (next != kNone) return next;
    next = static_cast<Node>(values_.size());
    children_.assign(node, label, next);
    values_.push_back(kNoValue);
    return next;
  }
  // A later value for the same sequence wins. Empty sequences are ignored.
  void add(std::string_view bytes, TokenId id) {
    if (bytes.empty()) return;
    Node node = kRoot;
    for (const char c : bytes) node = add_child(node, static_cast<unsigned char>(c));
    values_[node] = id;
  }
  void add(std::span<const std::uint32_t> labels, TokenId id) {
    if (labels.empty()) return;
    Node node = kRoot;
    for (const std::uint32_t label : labels) node = add_child(node, label);
    values_[node] = id;
  }

 private:
  PairTable<Node> children_;
  std::vector<TokenId> values_;  // per node
};

}  // namespace tightrope::text
