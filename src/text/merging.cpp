// Applying merges to a sequence of tokens: the rule spelt out for few tokens, and with a queue for many.
#include "text/merging.h"

#include <array>
#include <functional>
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

}  // namespace

void merge_short(const MergeTable& merges, std::vector<Symbol>& symbols, std::size_t stop) {
  std::array<Merge, kShortWord> pairs;  // pairs[i]: symbols i and i + 1
  std::size_t count = symbols.size();
  for (std::size_t i = 0; i + 1 < count; ++i) pairs[i] = merges.find(symbols[i].id, symbols[i + 1].id);
  while (count > stop) {
    std::size_t best = 0;
    for (std::size_t i = 1; i + 1 < count; ++i) {
      if (pairs[i].rank < pairs[best].rank) best = i;
    }
    if (pairs[best].rank == Merge::kNone) break;
    symbols[best] = {pairs[best].id, symbols[best].bytes + symbols[best + 1].bytes};
    for (std::size_t i = best + 1; i + 1 < count; ++i) {
      symbols[i] = symbols[i + 1];
      pairs[i - 1] = pairs[i];
    }
    --count;
    if (best + 1 < count) pairs[best] = merges.find(symbols[best].id, symbols[best + 1].id);
    if (best > 0) pairs[best - 1] = merges.find(symbols[best - 1].id, symbols[best].id);
  }
  symbols.resize(count);
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
