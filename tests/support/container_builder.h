// Builds GGUF and safetensors files byte by byte, legal or as broken as a test wants, without the writers under test.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace tightrope::test {

// Little-endian bytes of a number.
template <class Number>
std::string raw(Number value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

// A GGUF string: length and characters.
std::string gguf_string(std::string_view text);

// A GGUF key with a value that is already bytes.
std::string gguf_key(std::string_view key, std::uint32_t type, std::string_view payload);
std::string gguf_array(std::string_view key, std::uint32_t element_type, std::uint64_t count, std::string_view payload);

struct GgufTensor {
  std::string name;
  std::vector<std::uint64_t> dimensions;  // innermost first, as the file has them
  std::uint32_t type = 0;
  std::uint64_t bytes = 0;                   // of data to write
  std::optional<std::uint64_t> offset = {};  // otherwise the right one
  std::optional<std::uint32_t> rank = {};    // otherwise the right one
};

struct GgufFile {
  std::string magic = "GGUF";
  std::uint32_t version = 3;
  std::optional<std::uint64_t> tensor_count = {}, key_count = {};  // otherwise the right ones
  std::vector<std::string> keys = {};                              // from gguf_key
  std::vector<GgufTensor> tensors = {};
  std::uint64_t alignment = 32;  // used, not announced
  std::string build() const;
};

// A small legal file with every kind of value and tensors of several formats.
GgufFile small_gguf();

// Length, header, data.
std::string safetensors_file(std::string_view header, std::string_view data);
std::string small_safetensors();

Bytes to_bytes(std::string_view text);

}  // namespace tightrope::test
