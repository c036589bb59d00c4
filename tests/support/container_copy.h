// Turns an opened container into the entries of one to be written.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "checkpoint/container.h"

namespace tightrope::test {

inline std::vector<checkpoint::PendingEntry> pending(const checkpoint::Container& container) {
  std::vector<checkpoint::PendingEntry> entries;
  for (const checkpoint::Entry& entry : container.entries) {
    const auto rows = [bytes = entry.bytes, count = entry.shape.rows()](std::uint64_t first, std::uint64_t, std::span<std::byte> out) {
      std::memcpy(out.data(), bytes.data() + first * (bytes.size() / count), out.size());
    };
    entries.push_back({entry.name, entry.format, entry.shape, rows, entry.bytes});
  }
  return entries;
}

// The same tensors, in the same order, byte for byte.
inline bool same_tensors(const checkpoint::Container& a, const checkpoint::Container& b) {
  return std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(), [](const auto& x, const auto& y) {
    return x.name == y.name && x.format == y.format && x.shape == y.shape && std::ranges::equal(x.bytes.view(), y.bytes.view());
  });
}

}  // namespace tightrope::test
