// The look-ups that encoding spends its time in: bytes to token, pair of tokens to merge. Open addressing, at most half full.
#include "text/hash_tables.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace tightrope::text {
namespace {

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) noexcept {
  a = (a ^ b) * 0x9e3779b97f4a7c15u;
  return a ^ a >> 29;
}

std::uint64_t loaded(const char* bytes, std::size_t count) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, count);
  return word;
}

std::uint64_t hash_of(std::string_view bytes) noexcept {
  std::uint64_t hash = bytes.size();
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) hash = mixed(hash, loaded(bytes.data() + at, 8));
  if (at < bytes.size()) hash = mixed(hash, loaded(bytes.data() + at, bytes.size() - at));
  return hash ^ hash >> 32;
}

}  // namespace

const StringTable::Slot& StringTable::slot_of(std::string_view bytes, std::uint64_t hash) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (!slot.used) return slot;
    if (slot.hash == hash && slot.size == bytes.size() && std::memcmp(bytes_.data() + slot.offset, bytes.data(), bytes.size()) == 0)
      return slot;
  }
}

void StringTable::rehash(std::size_t slots) {
  std::vector<Slot> old(slots);
  old.swap(slots_);
  const std::size_t mask = slots - 1;
  for (const Slot& slot : old) {
    if (!slot.used) continue;
    std::size_t i = slot.hash & mask;
    while (slots_[i].used) i = (i + 1) & mask;
    slots_[i] = slot;
  }
}

void StringTable::reserve(std::size_t count) {
  if (2 * count > slots_.size()) rehash(std::bit_ceil(2 * count));
}

bool StringTable::insert(std::string_view bytes, TokenId id) {
  reserve(count_ + 1);
  const std::uint64_t hash = hash_of(bytes);
  const auto index = static_cast<std::size_t>(&slot_of(bytes, hash) - slots_.data());
  if (slots_[index].used) return false;
  slots_[index] = {hash, bytes_.size(), static_cast<std::uint32_t>(bytes.size()), id, true};
  bytes_ += bytes;
  ++count_;
  return true;
}

std::optional<TokenId> StringTable::find(std::string_view bytes) const noexcept {
  const Slot& slot = slot_of(bytes, hash_of(bytes));
  if (!slot.used) return std::nullopt;
  return slot.id;
}

}  // namespace tightrope::text
