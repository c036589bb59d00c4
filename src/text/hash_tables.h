// The look-ups that encoding spends its time in: bytes to token, pair of tokens to merge. Open addressing, at most half full.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/definition.h"

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

// Pairs of numbers to values; a pair that is not there has the value Value{}.
template <class Value>
class PairTable {
 public:
  explicit PairTable(std::size_t expected = 0) : slots_(std::bit_ceil(2 * expected + 2)), mask_(slots_.size() - 1) {}

  // A later entry for the same pair wins.
  void assign(std::uint32_t left, std::uint32_t right, Value value) {
    if (2 * (count_ + 1) > slots_.size()) grow();
    Slot& slot = slots_[place_of(key_of(left, right))];
    if (slot.key == kEmpty) ++count_;
    slot = {key_of(left, right), value};
  }
  Value find(std::uint32_t left, std::uint32_t right) const noexcept {
    const std::uint64_t key = key_of(left, right);
    for (std::size_t i = index_of(key);; i = (i + 1) & mask_) {
      if (slots_[i].key == key) return slots_[i].value;
      if (slots_[i].key == kEmpty) return {};
    }
  }
  std::size_t size() const noexcept { return count_; }

 private:
  static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};  // no pair: token ids and code points stay below 2^32 - 1
  struct Slot {
    std::uint64_t key = kEmpty;
    Value value{};
  };
  static std::uint64_t key_of(std::uint32_t left, std::uint32_t right) noexcept { return std::uint64_t{left} << 32 | right; }
  std::size_t index_of(std::uint64_t key) const noexcept {
    const std::uint64_t mixed = key * 0x9e3779b97f4a7c15u;
    return static_cast<std::size_t>(mixed ^ mixed >> 32) & mask_;
  }
  std::size_t place_of(std::uint64_t key) const noexcept {
    std::size_t i = index_of(key);
    while (slots_[i].key != kEmpty && slots_[i].key != key) i = (i + 1) & mask_;
    return i;
  }
  void grow() {
    std::vector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    mask_ = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.key != kEmpty) slots_[place_of(slot.key)] = slot;
    }
  }

  std::vector<Slot> slots_;  // a power of two, at most half full
  std::size_t mask_ = 0, count_ = 0;
};

// What merging two neighbours gives.
struct Merge {
  static constexpr std::uint32_t kNone = 0xffffffff;
  std::uint32_t rank = kNone;  // smaller merges first; kNone: the two do not merge
  TokenId id = 0;
};
using MergeTable = PairTable<Merge>;

}  // namespace tightrope::text
