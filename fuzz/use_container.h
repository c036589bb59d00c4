// What the container fuzzers do with a file that was accepted: everything a reader may do.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "checkpoint/container.h"

namespace tightrope::fuzz {

// Reads every byte of every tensor, decodes one block of each, and holds the readers to their promises.
inline void use(const checkpoint::Container& container) {
  volatile std::uint8_t sink = 0;
  for (const checkpoint::Entry& entry : container.entries) {
    if (entry.bytes.size() != formats::bytes_of(*entry.format, entry.shape.elements())) std::abort();
    if (entry.shape.row_length() % entry.format->block_elements != 0) std::abort();
    for (const std::byte byte : entry.bytes.view()) sink = sink ^ static_cast<std::uint8_t>(byte);
    if (!entry.format->decode || entry.bytes.size() < entry.format->block_bytes) continue;
    std::vector<float> values(entry.format->block_elements);
    entry.format->decode(entry.bytes.data(), values.data(), values.size());
  }
}

}  // namespace tightrope::fuzz
