// Applying merges to a sequence of tokens: the rule spelt out for few tokens, and with a queue for many.
#include "text/merging.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <queue>

namespace tightrope::text {
namespace {

constexpr std::uint32_t kEnd = 0xffffffff;  // no neighbour

// A doubly linked list over the places of the original sequence; a merge keeps the left place and removes the right one.
class Chain {
 public:
  Chain(const MergeTable& merges, const std::vector<Symbol>& symbols) : merges_(merges), links_(symbols.size()) {
    const auto count = static_cast<std::uint32_t>(symbols.size());
    for (std::uint32_t i = 0; i < count; ++i) links_[i] = {symbols[i], i == 0 ? kEnd : i - 1, i + 1 < count ? i + 1 : kEnd, {}};
    for (std::uint32_t i = 0; i < count; ++i) update(i);
  }

  std::uint32_t size() const { return static_cast<std::uint32_t>(links_.size()); }
  // Rank of the pair that starts at this place; kNone too when the place is gone.
  std::uint32_t rank(std::uint32_t place) const { return links_[place].merge.rank; }
  std::uint32_t previous(std::uint32_t place) const { return links_[place].previous; }

  // Merges the pair that starts at `place`; the ranks of the pairs at `place` and before it are new then.
  void merge(std::uint32_t place) {
    Link& left = links_[place];
    Link& right = links_[left.next];
    left.symbol = {left.merge.id, left.symbol.bytes + right.symbol.bytes};
    left.next = right.next;
    right.merge = {};
    if (left.next != kEnd) links_[left.next].previous = place;
    update(place);
    if (left.previous != kEnd) update(left.previous);
  }

  void write(std::vector<Symbol>& symbols) const {
    symbols.clear();
    for (std::uint32_t i = links_.empty() ? kEnd : 0; i != kEnd; i = links_[i].next) symbols.push_back(links_[i].symbol);
  }

 private:
  struct Link {
    Symbol symbol;
    std::uint32_t previous, next;
    Merge merge;  // of this and the next
  };
  void update(std::uint32_t place) {
    Link& link = links_[place];
    link.merge = link.next == kEnd ? Merge{} : merges_.find(link.symbol.id, links_[link.next].symbol.id);
  }

  const MergeTable& merges_;
  std::vector<Link> links_;
};

// The same for few symbols. A place and the rank of the pair that starts there are one number, so that the smallest of all is the rule's
// choice, and finding it is a loop without branches over an array that never moves.
class ShortChain {
 public:
  ShortChain(const MergeTable& merges, std::span<Symbol> symbols) : merges_(merges), symbols_(symbols), count_(symbols.size()) {
    keys_.fill(kNothing);
    for (std::size_t i = 0; i < count_; ++i) {
      previous_[i + 1] = static_cast<std::uint8_t>(i);
      next_[i] = static_cast<std::uint8_t>(i + 1);
    }
    for (std::size_t i = 0; i + 1 < count_; ++i) update(i);
  }

  // False when no two neighbours merge.
  bool merge_lowest() {
    std::int32_t lowest = kNothing;
    for (std::size_t i = 0; i < (count_ + kStride - 1) / kStride * kStride; ++i) lowest = std::min(lowest, keys_[i]);
    if (lowest == kNothing) return false;
    const std::size_t place = static_cast<std::size_t>(lowest) % kShortWord, right = next_[place], after = next_[right];
    symbols_[place] = {made_[place], symbols_[place].bytes + symbols_[right].bytes};
    keys_[right] = kNothing;
    next_[place] = static_cast<std::uint8_t>(after);
    previous_[after] = static_cast<std::uint8_t>(place);
    update(place);
    if (place > 0) update(previous_[place]);
    return true;
  }

  std::size_t write() {  // over the symbols
    std::size_t written = 0;
    for (std::size_t i = 0; i < count_; i = next_[i]) symbols_[written++] = symbols_[i];
    return written;
  }

 private:
  static constexpr std::int32_t kNothing = std::numeric_limits<std::int32_t>::max();
  static constexpr std::size_t kStride = 8;  // keys looked at together; a divisor of kShortWord
  static_assert(kMaximumTokens * kShortWord < kNothing);

  void update(std::size_t place) {
    keys_[place] = kNothing;
    if (next_[place] == count_) return;
    const Merge merge = merges_.find(symbols_[place].id, symbols_[next_[place]].id);
    if (merge.rank == Merge::kNone) return;
    keys_[place] = static_cast<std::int32_t>(merge.rank * kShortWord + place);
    made_[place] = merge.id;
  }

  const MergeTable& merges_;
  std::span<Symbol> symbols_;
  std::size_t count_;
  std::array<std::int32_t, kShortWord> keys_;  // per place: rank times kShortWord plus place; kNothing: gone, or does not merge
  std::array<TokenId, kShortWord> made_;       // by that merge
  std::array<std::uint8_t, kShortWord> next_;  // place
  std::array<std::uint8_t, kShortWord + 1> previous_;
};

}  // namespace

std::size_t merge_short(const MergeTable& merges, std::span<Symbol> symbols, std::size_t stop) {
  if (symbols.size() <= stop) return symbols.size();
  if (symbols.size() == 2) {
    const Merge merge = merges.find(symbols[0].id, symbols[1].id);
    if (merge.rank == Merge::kNone) return 2;
    symbols[0] = {merge.id, symbols[0].bytes + symbols[1].bytes};
    return 1;
  }
  ShortChain chain(merges, symbols);
  for (std::size_t left = symbols.size(); left > stop && chain.merge_lowest();) --left;
  return chain.write();
}

void merge_long(const MergeTable& merges, std::vector<Symbol>& symbols) {
  Chain chain(merges, symbols);
  // Entries are rank and place in one number, so the order is the rule's. An entry is stale when the place has another rank by now.
  std::vector<std::uint64_t> entries;
  const auto entry = [&](std::uint32_t place) { return std::uint64_t{chain.rank(place)} << 32 | place; };
  for (std::uint32_t i = 0; i < chain.size(); ++i) {
    if (chain.rank(i) != Merge::kNone) entries.push_back(entry(i));
  }
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> queue(std::greater<>{}, std::move(entries));
  const auto push = [&](std::uint32_t place) {
    if (place != kEnd && chain.rank(place) != Merge::kNone) queue.push(entry(place));
  };
  while (!queue.empty()) {
    const auto rank = static_cast<std::uint32_t>(queue.top() >> 32);
    const auto place = static_cast<std::uint32_t>(queue.top());
    queue.pop();
    if (chain.rank(place) != rank) continue;
    chain.merge(place);
    push(place);
    push(chain.previous(place));
  }
  chain.write(symbols);
}

}  // namespace tightrope::text
