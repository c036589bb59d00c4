// The look-ups that encoding spends its time in: bytes to token, pair of tokens to merge. Open addressing, at most half full.
#include "text/hash_tables.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/error.h"

namespace tightrope::text {
namespace {

// Every bit of the result depends on every bit of both.
std::uint64_t mixed(std::uint64_t a, std::uint64_t b) noexcept {
  a = (a ^ b) * 0x9e3779b97f4a7c15u;
  a = (a ^ a >> 32) * 0xd6e8feb86659fd93u;
  return a ^ a >> 32;
}

template <class Word>
std::uint64_t loaded(const char* bytes) noexcept {
  Word word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// Fewer than eight bytes as one number, without a loop: the two loads may overlap.
std::uint64_t loaded_few(std::string_view bytes) noexcept {
  const char *first = bytes.data(), *last = first + bytes.size();
  if (bytes.size() >= 4) return loaded<std::uint32_t>(first) << 32 | loaded<std::uint32_t>(last - 4);
  if (bytes.size() >= 2) return loaded<std::uint16_t>(first) << 16 | loaded<std::uint16_t>(last - 2);
  return bytes.empty() ? 0 : loaded<std::uint8_t>(first);
}

std::uint64_t hash_of(std::string_view bytes) noexcept {
  if (bytes.size() < 8) return mixed(loaded_few(bytes), bytes.size() << 56);
  std::uint64_t hash = bytes.size();
  for (std::size_t at = 0; at + 8 < bytes.size(); at += 8) hash = mixed(hash, loaded<std::uint64_t>(bytes.data() + at));
  return mixed(hash, loaded<std::uint64_t>(bytes.data() + bytes.size() - 8));
}

std::uint32_t tag_of(std::uint64_t hash) noexcept { return static_cast<std::uint32_t>(hash >> 32); }

bool equal(std::string_view a, const char* b) noexcept {  // as many bytes
  if (a.size() < 8) return loaded_few(a) == loaded_few({b, a.size()});
  for (std::size_t at = 0; at + 8 < a.size(); at += 8) {
    if (loaded<std::uint64_t>(a.data() + at) != loaded<std::uint64_t>(b + at)) return false;
  }
  return loaded<std::uint64_t>(a.data() + a.size() - 8) == loaded<std::uint64_t>(b + a.size() - 8);
}

}  // namespace

StringTable::Head StringTable::head_at(std::uint32_t offset) const noexcept {
  Head head;
  std::memcpy(&head, entries_.data() + offset, sizeof head);
  return head;
}

const StringTable::Slot& StringTable::slot_of(std::string_view bytes, std::uint64_t hash) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.offset == kEmpty) return slot;
    if (slot.tag == tag_of(hash) && head_at(slot.offset).size == bytes.size() && equal(bytes, entries_.data() + slot.offset + sizeof(Head)))
      return slot;
  }
}

void StringTable::mark(std::uint64_t hash) noexcept { present_[hash >> 6 & (present_.size() - 1)] |= std::uint64_t{1} << (hash & 63); }

void StringTable::rehash(std::size_t slots) {
  slots_.assign(slots, Slot{});
  present_.assign(std::max<std::size_t>(slots / 32, 1), 0);
  const std::size_t mask = slots - 1;
  for (std::size_t offset = 0; offset < entries_.size();) {
    const std::uint32_t size = head_at(static_cast<std::uint32_t>(offset)).size;
    const std::uint64_t hash = hash_of(std::string_view(entries_).substr(offset + sizeof(Head), size));
    std::size_t i = hash & mask;
    while (slots_[i].offset != kEmpty) i = (i + 1) & mask;
    slots_[i] = {tag_of(hash), static_cast<std::uint32_t>(offset)};
    mark(hash);
    offset += sizeof(Head) + size;
  }
}

void StringTable::reserve(std::size_t count) {
  if (2 * count > slots_.size()) rehash(std::bit_ceil(2 * count));
}

bool StringTable::insert(std::string_view bytes, TokenId id) {
  reserve(count_ + 1);
  const std::uint64_t hash = hash_of(bytes);
  const auto index = static_cast<std::size_t>(&slot_of(bytes, hash) - slots_.data());
  if (slots_[index].offset != kEmpty) return false;
  if (bytes.size() >= kEmpty - sizeof(Head) - entries_.size())
    fail(ErrorCode::malformed, "[tokenizer] the spellings of all tokens together are beyond 4 GiB; the file is damaged");
  slots_[index] = {tag_of(hash), static_cast<std::uint32_t>(entries_.size())};
  const Head head{static_cast<std::uint32_t>(bytes.size()), id};
  entries_.append(reinterpret_cast<const char*>(&head), sizeof head).append(bytes);
  mark(hash);
  ++count_;
  return true;
}

std::optional<TokenId> StringTable::find(std::string_view bytes) const noexcept {
  const std::uint64_t hash = hash_of(bytes);
  if ((present_[hash >> 6 & (present_.size() - 1)] >> (hash & 63) & 1) == 0) return std::nullopt;
  const Slot& slot = slot_of(bytes, hash);
  if (slot.offset == kEmpty) return std::nullopt;
  return head_at(slot.offset).id;
}

}  // namespace tightrope::text
