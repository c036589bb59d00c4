// How rows are encoded and decoded: each format's own scalar functions, or a faster pair that gives the same bits.
#pragma once

#include "formats/format.h"

namespace tightrope::formats {

// Passed down by whoever knows the machine; nothing below chooses for itself. Semantics are those of Format::encode and Format::decode.
struct Codec {
  void (*encode)(const Format& format, const float* values, const float* importance, std::byte* blocks, std::size_t count) noexcept;
  void (*decode)(const Format& format, const std::byte* blocks, float* values, std::size_t count) noexcept;
};

// The specification: the rows' own functions.
inline constexpr Codec kScalarCodec = {
    [](const Format& format, const float* values, const float* importance, std::byte* blocks, std::size_t count) noexcept {
      format.encode(values, importance, blocks, count);
    },
    [](const Format& format, const std::byte* blocks, float* values, std::size_t count) noexcept { format.decode(blocks, values, count); }};

}  // namespace tightrope::formats
