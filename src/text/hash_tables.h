// The two look-ups that encoding spends its time in: bytes to token, pair of tokens to merge. Open addressing, at most half full.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"

namespace tightrope::text {

// Strings to token ids.
class StringTable {
 public:
  void reserve(std::size_t count);
  // False when the string is there already; then nothing changes.
  bool insert(std::string_view bytes, TokenId id);
  std::optional<TokenId> find(std::string_view bytes) const noexcept;

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint64_t offset = 0;  // into bytes_
    std::uint32_t size = 0;
    TokenId id = 0;
    bool used = false;
  };
  const Slot& slot_of(std::string_view bytes, std::uint64_t hash) const noexcept;
  void rehash(std::size_t slots);

  std::string bytes_;
  std::vector<Slot> slots_ = std::vector<Slot>(2);  // a power of two
  std::size_t count_ = 0;
};

// What merging two neighbours gives.
struct Merge {
  static constexpr std::uint32_t kNone = 0xffffffff;
  std::uint32_t rank = kNone;  // smaller merges first; kNone: the two do not merge
  TokenId id = 0;
};

// Pairs of tokens to merges.
class MergeTable {
 public:
  explicit MergeTable(std::size_t expected = 0);
  // A later entry for the same pair wins.
  void assign(TokenId left, TokenId right, Merge merge);
  Merge find(TokenId left, TokenId right) const noexcept {
    const std::uint64_t key = key_of(left, right);
    for (std::size_t i = index_of(key);; i = (i + 1) & mask_) {
      if (slots_[i].key == key) return slots_[i].merge;
      if (slots_[i].key == kEmpty) return {};
    }
  }

 private:
  static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};  // no pair: ids stay below kMaximumTokens
  struct Slot {
    std::uint64_t key = kEmpty;
    Merge merge;
  };
  static std::uint64_t key_of(TokenId left, TokenId right) noexcept { return std::uint64_t{left} << 32 | right; }
  std::size_t index_of(std::uint64_t key) const noexcept {
    const std::uint64_t mixed = key * 0x9e3779b97f4a7c15u;
    return static_cast<std::size_t>(mixed ^ mixed >> 32) & mask_;
  }
  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
};

}  // namespace tightrope::text
