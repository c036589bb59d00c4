// UTF-8 validation and the quoting of untrusted names.
#include "checkpoint/names.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>

namespace tightrope::checkpoint {
namespace {

constexpr std::size_t kShownBytes = 96;

// Bytes of the well-formed character at the front of `text`, 0 when there is none.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  // The second byte alone decides about overlong forms, surrogates and the upper end.
  const std::uint8_t lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const std::uint8_t highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < lowest || byte(1) > highest) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  return length;
}

// C1 controls (U+0080 to U+009F) can drive a terminal just as the ASCII ones can.
bool is_control(std::string_view character) {
  const auto lead = static_cast<std::uint8_t>(character[0]);
  return lead < 0x20 || lead == 0x7f || (lead == 0xc2 && static_cast<std::uint8_t>(character[1]) < 0xa0);
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_clean_name(std::string_view name) { return !name.empty() && name.find('\0') == std::string_view::npos && is_utf8(name); }

std::string quote(std::string_view name) {
  std::string shown = "'";
  while (!name.empty() && shown.size() < kShownBytes) {
    const std::size_t length = character_length(name);
    const std::string_view character = name.substr(0, length == 0 ? 1 : length);
    if (length == 0 || is_control(character))
      for (const char byte : character) shown += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(byte));
    else
      shown += character;
    name.remove_prefix(character.size());
  }
  return shown + (name.empty() ? "'" : "…'");
}

}  // namespace tightrope::checkpoint
