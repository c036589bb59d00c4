// Escaping and number formatting of reports.
#include "eval/markup.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "base/utf8.h"

namespace tightrope::eval {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Calls `emit` with each character, or with U+FFFD for what is not to be shown.
template <class Emit>
void for_each_character(std::string_view text, std::string_view allowed_controls, const Emit& emit) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    const bool shown = length > 0 && (!is_control(character) || allowed_controls.find(character[0]) != std::string_view::npos);
    emit(shown ? character : kReplacementCharacter);
    text.remove_prefix(character.size());
  }
}

std::string_view entity(std::string_view character) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kEntities{
      {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}}};
  for (const auto& [plain, escaped] : kEntities) {
    if (character == plain) return escaped;
  }
  return character;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string result;
  for_each_character(text, "\t\n", [&](std::string_view character) { result += entity(character); });
  return result;
}

std::string printable(std::string_view text) {
  std::string result;
  for_each_character(text, "", [&](std::string_view character) { result += character; });
  return result;
}

std::size_t common_prefix(std::string_view a, std::string_view b) {
  std::size_t length = 0;
  while (length < a.size() && length < b.size() && a[length] == b[length]) ++length;
  const auto inside = [&](std::string_view text) { return length < text.size() && is_continuation(text[length]); };
  while (length > 0 && (inside(a) || inside(b))) --length;
  return length;
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !is_continuation(c); }));
}

std::string human_bytes(double bytes) {
  constexpr std::array<std::string_view, 6> kUnits{"B", "kB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  for (; bytes >= 999.5 && unit + 1 < kUnits.size(); ++unit) bytes /= 1000;
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{} {}", significant(bytes), kUnits[unit]);
}

std::string significant(double value, int digits) {
  if (!std::isfinite(value)) return "not finite";
  if (value == 0) return "0";
  // Rounded first: 0.9996 with three digits has one digit before the point.
  const double rounded = std::strtod(fmt::format("{:.{}e}", value, digits - 1).c_str(), nullptr);
  const int power = static_cast<int>(std::floor(std::log10(std::fabs(rounded)) + 1e-9));
  return fmt::format("{:.{}f}", value, std::clamp(digits - 1 - power, 0, 12));
}

std::string nats(double value) { return value > 0 && value < 1e-6 ? "<\u00A00.000001" : significant(value); }

std::string percent(double fraction, int decimals) { return fmt::format("{:.{}f}\u00A0%", 100 * fraction, decimals); }

}  // namespace tightrope::eval
