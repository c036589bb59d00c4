// Byte-pair merging of long words from left to right, in linear time whatever they hold.
#include "text/long_words.h"

#include <algorithm>
#include <array>
#include <bit>

namespace tightrope::text {

LongWords::LongWords(const MergeTable& merges, const std::vector<Entry>& tokens, std::size_t vocabulary)
    : merges_(merges), offsets_(vocabulary + 1), halves_(vocabulary) {
  for (const Entry& token : tokens) offsets_[token.id + 1] = static_cast<std::uint32_t>(token.symbols.size());
  for (std::size_t id = 0; id < vocabulary; ++id) offsets_[id + 1] += offsets_[id];
  pool_.resize(offsets_.back());
  std::vector<Trie::Entry> entries;
  entries.reserve(tokens.size());
  for (const Entry& token : tokens) {
    std::ranges::copy(token.symbols, pool_.begin() + offsets_[token.id]);
    entries.push_back({token.symbols, token.id});
  }
  tokens_ = Trie(std::move(entries));
  find_halves(tokens);
}

// Halves serve where ranks only grow: where a token's merge comes after those of its halves, so that merges happen in order of rank.
void LongWords::find_halves(const std::vector<Entry>& tokens) {
  std::vector<Symbol> symbols;
  for (const Entry& token : tokens) {
    if (token.symbols.size() > kShortWord) continue;
    symbols.clear();
    for (const TokenId id : token.symbols) symbols.push_back({id, 0});
    symbols.resize(merge_short(merges_, symbols, 2));
    if (symbols.size() == 2) halves_[token.id] = {symbols[0].id, symbols[1].id, merges_.find(symbols[0].id, symbols[1].id).rank};
  }
  const auto rank_of = [this](TokenId id) { return halves_[id].rank == Merge::kNone ? 0 : halves_[id].rank + 1; };
  for (const Entry& token : tokens) {
    Halves& halves = halves_[token.id];
    const bool known = is_simple(halves.left) && is_simple(halves.right);
    if (!known || rank_of(halves.left) > halves.rank || rank_of(halves.right) > halves.rank) has_falling_ranks_ = true;
  }
}

// Goes through the merges on both sides of the border in order of rank: the last token on the left and the first on the right grow, and at
// each stage they must not merge before one of them grows further. (Of equal ranks the leftmost is first.)
bool LongWords::fits_simply(TokenId left, TokenId right) const {
  std::array<TokenId, kShortWord> lefts{}, rights{};  // the tokens at the border, from the whole to a symbol
  std::size_t left_count = 0, right_count = 0;
  for (TokenId id = left;; id = halves_[id].right) {
    lefts[left_count++] = id;
    if (halves_[id].rank == Merge::kNone) break;
  }
  for (TokenId id = right;; id = halves_[id].left) {
    rights[right_count++] = id;
    if (halves_[id].rank == Merge::kNone) break;
  }
  for (;;) {
    const std::uint32_t next_left = left_count > 1 ? halves_[lefts[left_count - 2]].rank : Merge::kNone;
    const std::uint32_t next_right = right_count > 1 ? halves_[rights[right_count - 2]].rank : Merge::kNone;
    const std::uint32_t across = merges_.find(lefts[left_count - 1], rights[right_count - 1]).rank;
    if (across < next_left && (across <= next_right) && across != Merge::kNone) return false;
    if (left_count == 1 && right_count == 1) return true;
    next_left <= next_right ? --left_count : --right_count;
  }
}

std::span<const TokenId> LongWords::symbols_of(const TokenId& id) const {
  const std::uint32_t begin = offsets_[id], end = offsets_[id + 1];
  if (begin == end) return {&id, 1};
  return std::span(pool_).subspan(begin, end - begin);
}

// One word.
class LongWords::Search {
 public:
  Search(const LongWords& words, const std::vector<Symbol>& symbols)
      : words_(words),
        symbols_(symbols),
        given_up_(symbols.size() + 1),
        verdicts_(std::clamp(std::bit_ceil(symbols.size()), kFew, kMany)) {}

  // False when there is no encoding, which cannot be.
  bool run(std::vector<Symbol>& result) {
    std::size_t at = 0;
    while (at < symbols_.size()) {
      const Step step = next(at);
      if (step.count > 0) {
        steps_.push_back(step);
        at += step.count;
        continue;
      }
      if (steps_.empty()) return false;
      given_up_[at] = true;
      drop_guesses();
      at -= steps_.back().count;
      steps_.pop_back();
    }
    write(result);
    return true;
  }

 private:
  static constexpr std::size_t kGuessed = 28;  // symbols of kShortWord; beyond, what follows the window may merge otherwise
  static constexpr std::size_t kFew = 64, kMany = std::size_t{1} << 14, kHabits = 256, kLongHabit = 4;
  struct Step {
    TokenId token = 0;
    std::uint32_t count = 0;  // symbols; 0: none fits
  };
  struct Verdict {
    TokenId left = 0xffffffff, right = 0;
    bool fits = false;
  };

  // A token that starts at `at`, fits the one before it and ends at no border given up: the one that came after the same token last time,
  // so that monotonous text is fast; or what merging the next few symbols alone makes of them, as few merges reach far; or the longest.
  Step next(std::size_t at) {
    const TokenId before = steps_.empty() ? Trie::kNoValue : steps_.back().token;
    TokenId& habit = habits_[before % kHabits];
    Step step = guessed(at);
    if (step.count == 0) step = usual(habit, at);
    if (step.count == 0 && at >= guessed_end_) {
      guess(at);
      step = guessed(at);
    }
    if (step.count == 0) step = longest(at);
    if (step.count > 0) habit = step.token;
    return step;
  }

  Step usual(TokenId habit, std::size_t at) {
    const std::span<const TokenId> symbols = words_.symbols_of(habit);
    if (symbols.size() < kLongHabit || !stands_at(symbols, at)) return {};
    const Step step{habit, static_cast<std::uint32_t>(symbols.size())};
    return is_possible(step, at) ? step : Step{};
  }

  // The next of the tokens guessed. All but the first fit the one before them, which was guessed with them: going back drops the rest.
  Step guessed(std::size_t at) {
    if (next_guess_ == guesses_.size()) return {};
    const Step step = guesses_[next_guess_];
    const bool possible = next_guess_ > 0 ? !given_up_[at + step.count] : is_possible(step, at);
    ++next_guess_;
    if (possible) return step;
    drop_guesses();
    return {};
  }

  void guess(std::size_t at) {
    std::array<Symbol, kShortWord> window;  // with a symbol as the unit of length
    const std::size_t size = std::min(kShortWord, symbols_.size() - at);
    const bool is_rest = at + size == symbols_.size();
    for (std::size_t i = 0; i < size; ++i) window[i] = {symbols_[at + i].id, 1};
    const std::size_t count = merge_short(words_.merges_, std::span(window).first(size));
    drop_guesses();
    std::size_t end = 0;
    for (const Symbol token : std::span(window).first(count)) {
      end += token.bytes;
      if (end > kGuessed && !is_rest) break;
      guesses_.push_back({token.id, token.bytes});
      guessed_end_ = at + end;
    }
  }

  void drop_guesses() {
    guesses_.clear();
    next_guess_ = 0;
  }

  bool stands_at(std::span<const TokenId> symbols, std::size_t at) const {
    if (symbols.size() > symbols_.size() - at) return false;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      if (symbols_[at + i].id != symbols[i]) return false;
    }
    return true;
  }

  bool is_possible(const Step& step, std::size_t at) {
    return !given_up_[at + step.count] && (steps_.empty() || fits(steps_.back().token, step.token));
  }

  Step longest(std::size_t at) {
    candidates_.clear();
    candidates_.push_back({symbols_[at].id, 1});
    Trie::Node node = words_.tokens_.child(Trie::kRoot, symbols_[at].id);
    for (std::size_t i = at + 1; node != Trie::kNone && i < symbols_.size(); ++i) {
      node = words_.tokens_.child(node, symbols_[i].id);
      if (node == Trie::kNone) break;
      if (const TokenId token = words_.tokens_.value(node); token != Trie::kNoValue)
        candidates_.push_back({token, static_cast<std::uint32_t>(i - at + 1)});
    }
    for (std::size_t i = candidates_.size(); i-- > 0;) {
      if (is_possible(candidates_[i], at)) return candidates_[i];
    }
    return {};
  }

  bool fits(TokenId left, TokenId right) {
    const std::uint64_t mixed = (std::uint64_t{left} << 32 | right) * 0x9e3779b97f4a7c15u;
    Verdict& verdict = verdicts_[(mixed ^ mixed >> 32) & (verdicts_.size() - 1)];
    if (verdict.left != left || verdict.right != right) verdict = {left, right, merges_to_these(left, right)};
    return verdict.fits;
  }

  bool merges_to_these(TokenId left, TokenId right) {
    if (!words_.has_falling_ranks_ && words_.is_simple(left) && words_.is_simple(right)) return words_.fits_simply(left, right);
    joint_.clear();
    for (const TokenId id : words_.symbols_of(left)) joint_.push_back({id, 0});
    for (const TokenId id : words_.symbols_of(right)) joint_.push_back({id, 0});
    merge_any(words_.merges_, joint_);
    return joint_.size() == 2 && joint_[0].id == left && joint_[1].id == right;
  }

  void write(std::vector<Symbol>& result) const {
    result.clear();
    std::size_t at = 0;
    for (const Step& step : steps_) {
      std::uint32_t bytes = 0;
      for (const std::size_t end = at + step.count; at < end; ++at) bytes += symbols_[at].bytes;
      result.push_back({step.token, bytes});
    }
  }

  const LongWords& words_;
  const std::vector<Symbol>& symbols_;
  std::vector<bool> given_up_;     // per border
  std::vector<Verdict> verdicts_;  // about pairs of tokens seen lately; a power of two of them
  std::vector<Step> steps_, candidates_, guesses_;
  std::size_t next_guess_ = 0, guessed_end_ = 0;  // among guesses_; in symbols: no second guess before it
  std::array<TokenId, kHabits> habits_{};         // by the token before
  std::vector<Symbol> joint_;
};

void LongWords::merge(std::vector<Symbol>& symbols) const {
  std::vector<Symbol> result;
  if (Search(*this, symbols).run(result))
    symbols = std::move(result);
  else
    merge_long(merges_, symbols);
}

}  // namespace tightrope::text
