// Byte-pair merging of long words from left to right, in linear time whatever they hold.
#include "text/long_words.h"

#include <algorithm>
#include <bit>

namespace tightrope::text {

LongWords::LongWords(const MergeTable& merges, const std::vector<Entry>& tokens, std::size_t vocabulary)
    : merges_(merges), offsets_(vocabulary + 1) {
  for (const Entry& token : tokens) offsets_[token.id + 1] = static_cast<std::uint32_t>(token.symbols.size());
  for (std::size_t id = 0; id < vocabulary; ++id) offsets_[id + 1] += offsets_[id];
  pool_.resize(offsets_.back());
  for (const Entry& token : tokens) {
    std::ranges::copy(token.symbols, pool_.begin() + offsets_[token.id]);
    tokens_.add(token.symbols, token.id);
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
    std::size_t at = 0, longest = kUnlimited;
    while (at < symbols_.size()) {
      const Step step = next(at, longest);
      longest = kUnlimited;
      if (step.count > 0) {
        steps_.push_back(step);
        at += step.count;
        continue;
      }
      if (steps_.empty()) return false;
      given_up_[at] = true;
      at -= steps_.back().count;
      longest = steps_.back().count - 1;
      steps_.pop_back();
    }
    write(result);
    return true;
  }

 private:
  static constexpr std::size_t kUnlimited = ~std::size_t{0}, kFew = 64, kMany = std::size_t{1} << 16;
  struct Step {
    TokenId token = 0;
    std::uint32_t count = 0;  // symbols; 0: none fits
  };
  struct Verdict {
    TokenId left = 0xffffffff, right = 0;
    bool fits = false;
  };

  // The longest token of at most `longest` symbols that starts at `at`, fits the one before it and ends at no border given up.
  Step next(std::size_t at, std::size_t longest) {
    candidates_.clear();
    if (longest == 0) return {};
    candidates_.push_back({symbols_[at].id, 1});
    Trie::Node node = words_.tokens_.child(Trie::kRoot, symbols_[at].id);
    for (std::size_t i = at + 1; node != Trie::kNone && i < symbols_.size() && i - at < longest; ++i) {
      node = words_.tokens_.child(node, symbols_[i].id);
      if (node == Trie::kNone) break;
      if (const TokenId token = words_.tokens_.value(node); token != Trie::kNoValue)
        candidates_.push_back({token, static_cast<std::uint32_t>(i - at + 1)});
    }
    for (std::size_t i = candidates_.size(); i-- > 0;) {
      const Step& candidate = candidates_[i];
      if (!given_up_[at + candidate.count] && (steps_.empty() || fits(steps_.back().token, candidate.token))) return candidate;
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
  std::vector<Step> steps_, candidates_;
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
