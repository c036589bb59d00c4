// Checking and quoting of untrusted names.
#include "checkpoint/names.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>

#include "base/utf8.h"

namespace tightrope::checkpoint {
namespace {

constexpr std::size_t kShownBytes = 96;

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_clean_name(std::string_view name) { return !name.empty() && name.find('\0') == std::string_view::npos && is_utf8(name); }

std::string quote(std::string_view name) {
  std::string shown = "'";
  while (!name.empty() && shown.size() < kShownBytes) {
    const std::size_t length = utf8_length(name);
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
