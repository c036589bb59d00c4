// What a byte string starts with, as UTF-8 (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing beyond U+10FFFF).
#pragma once

#include <cstddef>
#include <string_view>

namespace tightrope {

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD

// `size` bytes at the front agree with one well-formed character of `length` bytes. size == length: it is all there. length == 0: no
// character starts like this, and size is 1.
struct Utf8Front {
  std::size_t size = 0, length = 0;
  bool whole() const noexcept { return size == length; }
};

// Requires text that is not empty.
Utf8Front utf8_front(std::string_view text) noexcept;

// Bytes of the whole character at the front; 0 when there is none. Requires text that is not empty.
inline std::size_t utf8_length(std::string_view text) noexcept {
  const Utf8Front front = utf8_front(text);
  return front.whole() ? front.length : 0;
}

// C0, DEL and C1 (U+0080 to U+009F): all can drive a terminal. `character` is one whole character.
inline bool is_control(std::string_view character) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  return byte(0) < 0x20 || byte(0) == 0x7F || (character.size() == 2 && byte(0) == 0xC2 && byte(1) < 0xA0);
}

}  // namespace tightrope
