// Case and classes of characters, from tables that were read out of Python.
#include "text/jinja/characters.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <span>

#include "text/utf8.h"

namespace tightrope::text::jinja {
namespace {

struct Range {
  char32_t first, last;
};
struct Run {
  char32_t first, last, stride;
  std::int32_t difference;
};
struct Special {
  char32_t code, changed[3];
};

#include "text/jinja/character_data.inc"

struct Mapping {
  std::span<const Run> runs;
  std::span<const Special> special;
};
constexpr Mapping kUpperMapping = {kToUpper, kToUpperSpecial};
constexpr Mapping kLowerMapping = {kToLower, kToLowerSpecial};
constexpr Mapping kTitleMapping = {kToTitle, kToTitleSpecial};

bool within(std::span<const Range> ranges, char32_t code) {
  const auto found = std::ranges::lower_bound(ranges, code, {}, &Range::last);
  return found != ranges.end() && found->first <= code;
}

void append_changed(TextWriter& writer, const Mapping& mapping, char32_t code, bool user) {
  const auto special = std::ranges::find(mapping.special, code, &Special::code);
  if (code >= 0x80 && special != mapping.special.end()) {
    for (const char32_t changed : special->changed)
      if (changed != 0) writer.append_code_point(changed, user);
    return;
  }
  const auto run = std::ranges::lower_bound(mapping.runs, code, {}, &Run::last);
  const bool changes = run != mapping.runs.end() && run->first <= code && (code - run->first) % run->stride == 0;
  writer.append_code_point(changes ? static_cast<char32_t>(static_cast<std::int32_t>(code) + run->difference) : code, user);
}

// Calls each(position, code point) for all of them.
template <class Each>
void for_each_code_point(std::string_view text, Each&& each) {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = code_point_at(text, at);
    each(at, point.value);
    at += point.bytes;
  }
}

constexpr char32_t kSigma = 0x3a3, kSmallSigma = 0x3c3, kFinalSigma = 0x3c2;

// A sigma ends a word when a cased letter stands before it and none behind, not counting what case ignores.
bool is_final_sigma(std::string_view text, std::size_t at) {
  bool before = false, behind = false;
  for (std::size_t end = at; end > 0;) {
    end = previous_code_point(text, end);
    const char32_t code = code_point_at(text, end).value;
    if (within(kIgnorable, code)) continue;
    before = within(kCased, code);
    break;
  }
  for (std::size_t next = at + code_point_at(text, at).bytes; next < text.size(); next += code_point_at(text, next).bytes) {
    const char32_t code = code_point_at(text, next).value;
    if (within(kIgnorable, code)) continue;
    behind = within(kCased, code);
    break;
  }
  return before && !behind;
}

void append_lower(TextWriter& writer, const MarkedText& text, std::size_t at, char32_t code) {
  if (code == kSigma)
    writer.append_code_point(is_final_sigma(text.bytes, at) ? kFinalSigma : kSmallSigma, text.user_at(at));
  else
    append_changed(writer, kLowerMapping, code, text.user_at(at));
}

}  // namespace

bool is_space(char32_t code) {
  constexpr Range kSpaces[] = {{9, 13},          {28, 32},         {0x85, 0x85},     {0xa0, 0xa0},     {0x1680, 0x1680},
                               {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}};
  return within(kSpaces, code);
}

bool is_printable(char32_t code) { return !within(kUnprintable, code); }
bool is_lower(char32_t code) { return within(kLower, code); }
bool is_upper(char32_t code) { return within(kUpper, code); }
bool is_title(char32_t code) { return within(kTitle, code); }

MarkedText upper(Budget& budget, const MarkedText& text) {
  TextWriter writer(budget);
  for_each_code_point(text.bytes, [&](std::size_t at, char32_t code) { append_changed(writer, kUpperMapping, code, text.user_at(at)); });
  return writer.take(text.safe);
}

MarkedText lower(Budget& budget, const MarkedText& text) {
  TextWriter writer(budget);
  for_each_code_point(text.bytes, [&](std::size_t at, char32_t code) { append_lower(writer, text, at, code); });
  return writer.take(text.safe);
}

MarkedText title(Budget& budget, const MarkedText& text) {
  TextWriter writer(budget);
  bool inside = false;
  for_each_code_point(text.bytes, [&](std::size_t at, char32_t code) {
    if (inside)
      append_lower(writer, text, at, code);
    else
      append_changed(writer, kTitleMapping, code, text.user_at(at));
    inside = within(kCased, code);
  });
  return writer.take(text.safe);
}

MarkedText capitalized(Budget& budget, const MarkedText& text) {
  TextWriter writer(budget);
  for_each_code_point(text.bytes, [&](std::size_t at, char32_t code) {
    if (at == 0)
      append_changed(writer, kTitleMapping, code, text.user_at(at));
    else
      append_lower(writer, text, at, code);
  });
  return writer.take(text.safe);
}

MarkedText case_swapped(Budget& budget, const MarkedText& text) {
  TextWriter writer(budget);
  for_each_code_point(text.bytes, [&](std::size_t at, char32_t code) {
    if (is_upper(code))
      append_lower(writer, text, at, code);
    else
      append_changed(writer, is_lower(code) ? kUpperMapping : Mapping{}, code, text.user_at(at));
  });
  return writer.take(text.safe);
}

std::size_t skip_spaces(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const CodePoint point = code_point_at(text, at);
    if (!is_space(point.value)) break;
    at += point.bytes;
  }
  return at;
}

std::size_t skip_spaces_back(std::string_view text, std::size_t begin, std::size_t end) {
  while (end > begin) {
    const std::size_t previous = previous_code_point(text, end);
    if (!is_space(code_point_at(text, previous).value)) break;
    end = previous;
  }
  return end;
}

}  // namespace tightrope::text::jinja
