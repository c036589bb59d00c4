// GGUF metadata values, from bytes and to bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "checkpoint/container.h"
#include "checkpoint/cursor.h"
#include "checkpoint/gguf_layout.h"

namespace tightrope::checkpoint::gguf {

// Reads values one after the other. One reader a file: it counts what the file makes it allocate.
class ValueReader {
 public:
  explicit ValueReader(Cursor& cursor) : cursor_(cursor) {}
  // A type id and the value. `field` names it in errors. Errors: malformed; unsupported for absurdly large arrays of rare kinds.
  Value read(std::string_view field);

 private:
  Value read_scalar(std::uint32_t type, std::string_view field);
  Value read_array(unsigned depth, std::string_view field);
  template <class Element>
  Value read_numbers(std::uint64_t count, std::string_view field);

  Cursor& cursor_;
  // Counts memory that is about to be asked for. Errors: unsupported when it is too much in all.
  void charge(std::uint64_t bytes, std::string_view field);
  std::string read_string(std::string_view field);

  std::uint64_t generic_elements_ = 0;  // in all ValueArrays so far
  std::uint64_t charged_bytes_ = 0;
};

// Appends numbers and strings as GGUF spells them.
class ByteSink {
 public:
  template <class Number>
  void number(Number value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void characters(std::string_view text) { bytes_.append(text); }
  void string(std::string_view text) {
    number<std::uint64_t>(text.size());
    characters(text);
  }
  void pad_to(std::uint64_t size) { bytes_.resize(size); }
  std::string_view bytes() const noexcept { return bytes_; }

 private:
  std::string bytes_;
};

// A type id and the value. Errors: invalid_argument when a ValueArray mixes kinds.
void write_value(const Value& value, std::string_view key, ByteSink& sink);

}  // namespace tightrope::checkpoint::gguf
