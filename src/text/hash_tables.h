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

// Strings to token ids. A slot is eight bytes, and what it points to lies in one place, so that few cache lines are read for each look-up:
// one for most strings that are not there (two bits a slot tell them, as below), three for one that is.
class StringTable {
 public:
  void reserve(std::size_t count);
  // False when the string is there already; then nothing changes. Errors: malformed, when all strings together are beyond 4 GiB.
  bool insert(std::string_view bytes, TokenId id);
  std::optional<TokenId> find(std::string_view bytes) const noexcept;

 private:
  static constexpr std::uint32_t kEmpty = 0xffffffff;
  struct Slot {
    std::uint32_t tag = 0;          // bits of the hash that do not choose the slot
    std::uint32_t offset = kEmpty;  // into entries_
  };
  struct Head {  // of an entry; the bytes follow
    std::uint32_t size = 0;
    TokenId id = 0;
  };
  const Slot& slot_of(std::string_view bytes, std::uint64_t hash) const noexcept;
  Head head_at(std::uint32_t offset) const noexcept;
  void mark(std::uint64_t hash) noexcept;
  void rehash(std::size_t slots);

  std::string entries_;                             // heads and bytes, in order of insertion
  std::vector<Slot> slots_ = std::vector<Slot>(2);  // a power of two
  std::vector<std::uint64_t> present_ = {0};        // bits, two for each slot
  std::size_t count_ = 0;
};

// Pairs of numbers to values; a pair that is not there has the value Value{}. Most look-ups are for pairs that are not there, so four bits
// a slot, few enough for a near cache, answer most of those.
template <class Value>
class PairTable {
 public:
  explicit PairTable(std::size_t expected = 0) { resize(std::bit_ceil(2 * expected + 32)); }

  // A later entry for the same pair wins.
  void assign(std::uint32_t left, std::uint32_t right, Value value) {
    if (2 * (count_ + 1) > slots_.size()) grow();
    const std::uint64_t key = key_of(left, right);
    Slot& slot = slots_[place_of(key)];
    if (slot.key == kEmpty) ++count_;
    slot = {key, value};
    mark(key);
  }
  Value find(std::uint32_t left, std::uint32_t right) const noexcept {
    const std::uint64_t key = key_of(left, right), mixed = mixed_of(key);
    if ((present_[mixed >> 6 & present_mask()] >> (mixed & 63) & 1) == 0) return {};
    for (std::size_t i = mixed & mask_;; i = (i + 1) & mask_) {
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
  static std::uint64_t mixed_of(std::uint64_t key) noexcept {
    const std::uint64_t mixed = key * 0x9e3779b97f4a7c15u;
    return mixed ^ mixed >> 32;
  }
  std::size_t present_mask() const noexcept { return present_.size() - 1; }
  void mark(std::uint64_t key) noexcept {
    const std::uint64_t mixed = mixed_of(key);
    present_[mixed >> 6 & present_mask()] |= std::uint64_t{1} << (mixed & 63);
  }
  std::size_t place_of(std::uint64_t key) const noexcept {
    std::size_t i = mixed_of(key) & mask_;
    while (slots_[i].key != kEmpty && slots_[i].key != key) i = (i + 1) & mask_;
    return i;
  }
  void resize(std::size_t slots) {
    slots_.assign(slots, Slot{});
    present_.assign(slots / 16, 0);
    mask_ = slots - 1;
  }
  void grow() {
    const std::vector<Slot> old = std::move(slots_);
    resize(2 * old.size());
    for (const Slot& slot : old) {
      if (slot.key == kEmpty) continue;
      slots_[place_of(slot.key)] = slot;
      mark(slot.key);
    }
  }

  std::vector<Slot> slots_;             // a power of two, at most half full
  std::vector<std::uint64_t> present_;  // bits, four for each slot
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
