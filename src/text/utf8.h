// UTF-8: making any bytes valid, and walking text known to be valid.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tightrope::text {

bool is_valid_utf8(std::string_view text) noexcept;

// A copy in which each maximal invalid part (Unicode 15, section 3.9) is one U+FFFD.
std::string repaired_utf8(std::string_view text);

// Per byte of the repaired text, and for its end: the byte of `text` that it stands for (of a part, where it starts).
std::vector<std::uint32_t> places_before_repair(std::string_view text);

void append_utf8(std::string& out, char32_t code);

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;
};

// The code point that starts at `at`. Requires valid text and at < text.size().
inline CodePoint code_point_at(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[at + i])); };
  const char32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xe0) return {(lead & 0x1f) << 6 | (byte(1) & 0x3f), 2};
  if (lead < 0xf0) return {(lead & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f), 3};
  return {(lead & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f), 4};
}

// Where the code point that ends at `end` starts. Requires valid text and end > 0.
inline std::size_t previous_code_point(std::string_view text, std::size_t end) noexcept {
  do --end;
  while ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80);
  return end;
}

}  // namespace tightrope::text
