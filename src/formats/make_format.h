// make_format: turns an encode and a decode of one block into the row's functions over many blocks.
#pragma once

#include <cstring>

#include "formats/format.h"

namespace tightrope::formats {

template <class Block, std::size_t kElements, Block (*encode_block)(std::span<const float, kElements>, const float*),
          void (*decode_block)(const Block&, std::span<float, kElements>)>
constexpr Format make_format(Format row) {
  static_assert(alignof(Block) <= 2 && std::is_trivially_copyable_v<Block>, "a block is its bytes");
  row.block_elements = kElements;
  row.block_bytes = sizeof(Block);
  row.decode = [](const std::byte* blocks, float* values, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; i += kElements, blocks += sizeof(Block)) {
      Block block;
      std::memcpy(&block, blocks, sizeof block);
      decode_block(block, std::span<float, kElements>(values + i, kElements));
    }
  };
  row.encode = [](const float* values, const float* importance, std::byte* blocks, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; i += kElements, blocks += sizeof(Block)) {
      const Block block = encode_block(std::span<const float, kElements>(values + i, kElements), importance ? importance + i : nullptr);
      std::memcpy(blocks, &block, sizeof block);
    }
  };
  return row;
}

}  // namespace tightrope::formats
