// Three ways to apply merges to a sequence of tokens; all give the same answer, each is the fastest somewhere.
#include "text/merging.h"

#include <algorithm>
#include <array>
#include <functional>
#include <queue>

namespace tightrope::text {
namespace {

constexpr std::uint32_t kEnd = 0xffffffff;  // no neighbour

// A doubly linked list over the places of the original sequence; a merge keeps the left place and removes the right one.
class Chain {
 public:
  Chain(const MergeTable& merges, const std::vector<TokenId>& tokens) : merges_(merges), links_(tokens.size()) {
    const auto count = static_cast<std::uint32_t>(tokens.size());
    for (std::uint32_t i = 0; i < count; ++i) links_[i] = {tokens[i], i == 0 ? kEnd : i - 1, i + 1 < count ? i + 1 : kEnd, {}};
    for (std::uint32_t i = 0; i < count; ++i) update(i);
  }

  std::uint32_t size() const { return static_cast<std::uint32_t>(links_.size()); }
  // Rank of the pair that starts at this place; kNone too when the place is gone.
  std::uint32_t rank(std::uint32_t place) const { return links_[place].merge.rank; }
  std::uint32_t previous(std::uint32_t place) const { return links_[place].previous; }

  void prefetch(std::uint32_t place) const { __builtin_prefetch(&links_[place], 1); }

  // Merges the pair that starts at `place`; the ranks of the pairs at `place` and before it are new then.
  void merge(std::uint32_t place) {
    Link& left = links_[place];
    Link& right = links_[left.next];
    left.token = left.merge.id;
    left.next = right.next;
    right.merge = {};
    if (left.next != kEnd) links_[left.next].previous = place;
    update(place);
    if (left.previous != kEnd) update(left.previous);
  }

  void write(std::vector<TokenId>& tokens) const {
    tokens.clear();
    for (std::uint32_t i = links_.empty() ? kEnd : 0; i != kEnd; i = links_[i].next) tokens.push_back(links_[i].token);
  }

 private:
  struct Link {
    TokenId token;
    std::uint32_t previous, next;
    Merge merge;  // of this and the next
  };
  void update(std::uint32_t place) {
    Link& link = links_[place];
    link.merge = link.next == kEnd ? Merge{} : merges_.find(link.token, links_[link.next].token);
  }

  const MergeTable& merges_;
  std::vector<Link> links_;
};

}  // namespace

void merge_short(const MergeTable& merges, std::vector<TokenId>& tokens) {
  std::array<Merge, kShortWord> pairs;  // pairs[i]: tokens i and i + 1
  std::size_t count = tokens.size();
  for (std::size_t i = 0; i + 1 < count; ++i) pairs[i] = merges.find(tokens[i], tokens[i + 1]);
  while (count > 1) {
    std::size_t best = 0;
    for (std::size_t i = 1; i + 1 < count; ++i) {
      if (pairs[i].rank < pairs[best].rank) best = i;
    }
    if (pairs[best].rank == Merge::kNone) break;
    tokens[best] = pairs[best].id;
    for (std::size_t i = best + 1; i + 1 < count; ++i) {
      tokens[i] = tokens[i + 1];
      pairs[i - 1] = pairs[i];
    }
    --count;
    if (best + 1 < count) pairs[best] = merges.find(tokens[best], tokens[best + 1]);
    if (best > 0) pairs[best - 1] = merges.find(tokens[best - 1], tokens[best]);
  }
  tokens.resize(count);
}

void merge_long(const MergeTable& merges, std::vector<TokenId>& tokens) {
  Chain chain(merges, tokens);
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
  chain.write(tokens);
}

void merge_long_by_rank(const MergeTable& merges, std::size_t ranks, std::vector<TokenId>& tokens) {
  constexpr std::size_t kAhead = 16;  // places; far enough to hide a cache miss, near enough to be still there
  Chain chain(merges, tokens);
  std::vector<std::vector<std::uint32_t>> places_of_rank(ranks);
  const auto push = [&](std::uint32_t place) {
    if (place != kEnd && chain.rank(place) != Merge::kNone) places_of_rank[chain.rank(place)].push_back(place);
  };
  for (std::uint32_t i = 0; i < chain.size(); ++i) push(i);
  for (std::uint32_t rank = 0; rank < ranks; ++rank) {
    std::vector<std::uint32_t> places = std::move(places_of_rank[rank]);  // a merge adds to larger ranks only
    if (!std::ranges::is_sorted(places)) std::ranges::sort(places);
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (i + kAhead < places.size()) chain.prefetch(places[i + kAhead]);
      if (chain.rank(places[i]) != rank) continue;
      chain.merge(places[i]);
      push(places[i]);
      push(chain.previous(places[i]));
    }
  }
  chain.write(tokens);
}

}  // namespace tightrope::text
