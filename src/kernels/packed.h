// Weights packed for one instruction set, and activations in the form that is multiplied with them.
#pragma once

#include <cstddef>

#include "formats/format.h"
#include "kernels/isa.h"

namespace tightrope::kernels {

// Rows that are packed together. In a group, a few neighbouring elements of one row lie together, then those of the next row, so that a
// vector of 16 lanes multiplies 16 rows with the same few activations and no sum crosses lanes.
inline constexpr std::size_t kGroupRows = 16;

// `tokens` rows of `length` activations, prepared, in one piece of memory; `first` is the row that is meant, or the first of several.
struct PreparedRows {
  std::byte* memory;  // Preparation::bytes(); cache-line aligned
  std::size_t tokens, length, first = 0;

  PreparedRows from(std::size_t token) const { return {memory, tokens, length, first + token}; }
};

// How activations are prepared. A row with static storage.
struct Preparation {
  std::size_t (*bytes)(std::size_t tokens, std::size_t length) noexcept;
  void (*prepare)(const float* x, const PreparedRows& to) noexcept;  // one row
  // Whether rows of floats one after the other are already prepared. Null: never.
  bool (*as_they_are)(std::size_t length) noexcept = nullptr;
};

// y[t, r] = dot(weights[r], x[t]) + bias[r] for `rows` rows from `first_row`. A result depends on its row and its token alone, never on
// what else is computed with it, and every instruction set gives the same bits.
struct PackedMatmulArguments {
  const std::byte* groups;  // the whole matrix, packed
  PreparedRows x;           // from the first token
  float* y;                 // [tokens, rows], rows y_stride apart
  std::size_t first_row, rows, tokens, y_stride;
  const float* bias;  // of first_row, or null
};

// How weights of a format are packed and multiplied on an instruction set. A row with static storage.
struct PackedFormat {
  const formats::Format* format;
  const Preparation* preparation;
  std::size_t (*group_bytes)(std::size_t length) noexcept;
  // Packs `rows` (1 to 16) rows of `length` elements; what lacks to 16 becomes zero. `group` is cache-line aligned.
  void (*pack)(const std::byte* blocks, std::size_t rows, std::size_t length, std::byte* group) noexcept;
  void (*matmul)(const PackedMatmulArguments& arguments) noexcept;
};

// Null when the format has no packed form: then its weights are decoded.
const PackedFormat* packed_format(Isa isa, const formats::Format& format) noexcept;

}  // namespace tightrope::kernels
