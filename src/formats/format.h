// What a weight format is: one constant row that says everything the rest of the house needs to know about it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tightrope::formats {

// Decodes whole blocks. `blocks` holds count / block_elements blocks (no alignment is promised), `values` receives `count` floats.
using DecodeFunction = void (*)(const std::byte* blocks, float* values, std::size_t count) noexcept;

// Encodes whole blocks, round-to-nearest as the reference implementation of the format does it, bit for bit. `importance` is either null or
// holds `count` non-negative weights, one for each value; then the squared error weighted by them is what the search minimises,
// in formats that use it.
// Values must be finite; NaN or infinity gives unspecified (but well-formed, never NaN-scaled) blocks: callers check first.
using EncodeFunction = void (*)(const float* values, const float* importance, std::byte* blocks, std::size_t count) noexcept;

// What the elements are for.
enum class Kind : std::uint8_t {
  plain,    // F32, F16, BF16: one number each
  block,    // quantised: a block of elements shares scales
  integer,  // ids, masks, shapes: carried, never computed with (no encode, no decode)
};

// A value-free row with static storage; compared by address.
struct Format {
  std::string_view name = {};     // lower case, as on the command line: "q4_k"
  std::string_view summary = {};  // one line for --help and docs
  Kind kind = Kind::block;
  int gguf_type = -1;                       // ggml type id; -1: GGUF cannot hold it
  int gguf_file_type = -1;                  // general.file_type of a file that is mostly this; -1: none
  std::string_view safetensors_dtype = {};  // "BF16"; empty: safetensors cannot hold it
  std::string_view config_dtype = {};       // "bfloat16", as a checkpoint's config.json says it; empty: no model is kept in it
  std::size_t block_elements = 1;
  std::size_t block_bytes = 1;
  float max_rms_error = 0;          // of encode + decode on normal data, as a fraction of their deviation; tests hold it to this
  bool uses_importance = false;     // importance steers the search; otherwise it changes no byte
  bool reencodes_exactly = false;   // what blocks of ordinary weights decode to encodes to the same values again
  std::string_view fallback = {};   // what a tensor becomes when its rows are no multiple of block_elements; empty: "f16"
  DecodeFunction decode = nullptr;  // null for integers
  EncodeFunction encode = nullptr;

  double bits_per_element() const noexcept { return 8.0 * static_cast<double>(block_bytes) / static_cast<double>(block_elements); }
};

// Every format there is, in the order of list.inc.
std::span<const Format* const> all();
// Null when there is none. Names are matched without regard to case.
const Format* find(std::string_view name);
const Format* find_gguf_type(std::uint32_t type);
const Format* find_safetensors_dtype(std::string_view dtype);
// Like find, but throws not_found listing the names.
const Format& get(std::string_view name);

// Bytes of `elements` consecutive elements. Errors: malformed when they are no whole number of blocks, or the size overflows.
std::uint64_t bytes_of(const Format& format, std::uint64_t elements);

// Builds a row from a block type and two functions over one block; see q8_0.cpp for its use.
template <class Block, std::size_t kElements, Block (*encode_block)(std::span<const float, kElements>, const float*),
          void (*decode_block)(const Block&, std::span<float, kElements>)>
constexpr Format make_format(Format row);

}  // namespace tightrope::formats

#include "formats/make_format.h"
