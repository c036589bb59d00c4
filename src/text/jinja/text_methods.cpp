// Methods of strings, as rows.
#include <algorithm>
#include <array>

#include "text/jinja/characters.h"
#include "text/jinja/format.h"
#include "text/jinja/native.h"
#include "text/jinja/operators.h"
#include "text/searching.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace tightrope::text::jinja {
namespace {

const Text& subject(const NativeCall& call) { return *call.subject.text(); }

Value part(const NativeCall& call, const MarkedText& text, std::size_t begin, std::size_t end) {
  TextWriter writer(call.runtime.budget());
  writer.append(text, begin, end);
  return call.runtime.text(writer.take(text.safe));
}

// The text of an argument; nothing when it is absent or none.
const Text* optional_text(const NativeCall& call, std::size_t index) {
  const Value* value = call.find(index);
  return value == nullptr || value->is_none() ? nullptr : &text_argument(call.runtime, *value, call.name);
}

struct Sides {
  bool left = false, right = false;
};

Value stripped(const NativeCall& call, Sides sides) {
  const Text& text = subject(call);
  const Text* characters = optional_text(call, 0);
  const auto goes = [&](std::size_t at) {
    const CodePoint point = code_point_at(text.bytes, at);
    if (characters == nullptr) return is_space(point.value);
    call.runtime.budget().spend(characters->bytes.size() / 64);
    for (std::size_t i = 0; i < characters->bytes.size(); i += code_point_at(characters->bytes, i).bytes)
      if (code_point_at(characters->bytes, i).value == point.value) return true;
    return false;
  };
  std::size_t begin = 0, end = text.bytes.size();
  while (sides.left && begin < end && goes(begin)) begin += code_point_at(text.bytes, begin).bytes;
  while (sides.right && end > begin && goes(previous_code_point(text.bytes, end))) end = previous_code_point(text.bytes, end);
  return part(call, text, begin, end);
}

// Whether the text starts (or ends) with one of the given, within [start, end) when given.
Value affixed(const NativeCall& call, bool at_end) {
  const Text& text = subject(call);
  const auto size = static_cast<Integer>(text.length());
  const auto position = [&](std::size_t index, Integer standard) {
    if (call.find(index) == nullptr || call.at(index).is_none()) return standard;
    const Integer given = integer_argument(call.runtime, call.at(index), call.name);
    return std::clamp<Integer>(given < 0 ? std::max<Integer>(given, -size) + size : given, 0, size + 1);
  };
  const Integer from = position(1, 0), to = std::min(position(2, size), size);
  const bool empty = from > to || from > size;
  const std::size_t begin = empty ? 0 : text.offset(static_cast<std::size_t>(from));
  const std::size_t end = empty ? 0 : text.offset(static_cast<std::size_t>(to));
  const std::string_view within = std::string_view(text.bytes).substr(begin, end - begin);
  const auto holds = [&](const Value& value) {
    const std::string& affix = text_argument(call.runtime, value, call.name).bytes;
    call.runtime.budget().spend(1 + affix.size() / 64);
    if (empty) return false;
    return at_end ? within.ends_with(affix) : within.starts_with(affix);
  };
  const List* several = call.at(0).list();
  if (several == nullptr || !several->tuple) return holds(call.at(0));
  return std::ranges::any_of(several->items, holds);
}

std::vector<ByteSpan> split_at_spaces(const Text& text, Integer most, bool from_right) {
  std::vector<ByteSpan> parts;
  if (from_right) {
    std::size_t end = skip_spaces_back(text.bytes, 0, text.bytes.size());
    while (end > 0) {
      std::size_t begin = end;
      const bool last = most >= 0 && static_cast<Integer>(parts.size()) == most;
      while (!last && begin > 0 && !is_space(code_point_at(text.bytes, previous_code_point(text.bytes, begin)).value))
        begin = previous_code_point(text.bytes, begin);
      parts.push_back({last ? 0 : begin, end});
      if (last) break;
      end = skip_spaces_back(text.bytes, 0, begin);
    }
    std::ranges::reverse(parts);
    return parts;
  }
  for (std::size_t begin = skip_spaces(text.bytes, 0); begin < text.bytes.size();) {
    std::size_t end = begin;
    const bool last = most >= 0 && static_cast<Integer>(parts.size()) == most;
    while (end < text.bytes.size() && (last || !is_space(code_point_at(text.bytes, end).value)))
      end += code_point_at(text.bytes, end).bytes;
    parts.push_back({begin, end});
    begin = skip_spaces(text.bytes, end);
  }
  return parts;
}

std::vector<ByteSpan> split_at_text(std::string_view text, std::string_view separator, Integer most) {
  std::vector<ByteSpan> parts;
  std::size_t begin = 0;
  while (most < 0 || static_cast<Integer>(parts.size()) < most) {
    const std::size_t found = find_part(text, separator, begin);
    if (found == std::string::npos) break;
    parts.push_back({begin, found});
    begin = found + separator.size();
  }
  parts.push_back({begin, text.size()});
  return parts;
}

// From the right is from the left in a mirror.
std::vector<ByteSpan> split_at_text_from_right(std::string_view text, std::string_view separator, Integer most) {
  std::vector<ByteSpan> parts = split_at_text(mirrored(text), mirrored(separator), most);
  for (ByteSpan& part : parts) part = {text.size() - part.end, text.size() - part.begin};
  std::ranges::reverse(parts);
  return parts;
}

Value list_of_parts(const NativeCall& call, const std::vector<ByteSpan>& parts) {
  std::vector<Value> items;
  items.reserve(parts.size());
  for (const ByteSpan& span : parts) items.push_back(part(call, subject(call), span.begin, span.end));
  return call.runtime.list(std::move(items));
}

Value split(const NativeCall& call, bool from_right) {
  const Text& text = subject(call);
  const Integer most = call.integer(1, -1);
  const Text* separator = optional_text(call, 0);
  call.runtime.budget().spend(text.bytes.size() / 16);
  if (separator == nullptr) return list_of_parts(call, split_at_spaces(text, most, from_right));
  if (separator->bytes.empty()) call.runtime.refuse("empty separator");
  return list_of_parts(call, (from_right ? split_at_text_from_right : split_at_text)(text.bytes, separator->bytes, most));
}

bool ends_line(char32_t code) {
  return (code >= 10 && code <= 13) || (code >= 28 && code <= 30) || code == 0x85 || code == 0x2028 || code == 0x2029;
}

Value splitlines(const NativeCall& call) {
  const std::string& text = subject(call).bytes;
  const bool keep = call.truth(0, false);
  std::vector<ByteSpan> parts;
  for (std::size_t begin = 0, at = 0; at < text.size() || begin < text.size();) {
    if (at == text.size()) {
      parts.push_back({begin, at});
      break;
    }
    const CodePoint point = code_point_at(text, at);
    if (!ends_line(point.value)) {
      at += point.bytes;
      continue;
    }
    const std::size_t after = at + point.bytes + (point.value == '\r' && text.substr(at + 1, 1) == "\n" ? 1 : 0);
    parts.push_back({begin, keep ? after : at});
    begin = at = after;
  }
  return list_of_parts(call, parts);
}

// Three parts: before the separator, itself, behind it.
Value partitioned(const NativeCall& call, bool from_right) {
  const Text& text = subject(call);
  const Text& separator = text_argument(call.runtime, call.at(0), call.name);
  if (separator.bytes.empty()) call.runtime.refuse("empty separator");
  const std::size_t found = (from_right ? find_last_part : find_first_part)(text.bytes, separator.bytes);
  const Value nothing = part(call, text, 0, 0);
  if (found == std::string::npos) {
    return from_right ? call.runtime.tuple({nothing, nothing, call.subject}) : call.runtime.tuple({call.subject, nothing, nothing});
  }
  const std::size_t end = found + separator.bytes.size();
  return call.runtime.tuple({part(call, text, 0, found), part(call, text, found, end), part(call, text, end, text.bytes.size())});
}

Value replace(const NativeCall& call) {
  const Text& text = subject(call);
  const Text& old = text_argument(call.runtime, call.at(0), call.name);
  text_argument(call.runtime, call.at(1), call.name);
  const MarkedText fresh = joining(call.runtime, text.safe, call.at(1));
  const Integer most = call.integer(2, -1);
  TextWriter writer(call.runtime.budget());
  Integer done = 0;
  std::size_t at = 0;
  while (most < 0 || done < most) {
    const std::size_t found = old.bytes.empty() ? at : find_part(text.bytes, old.bytes, at);
    if (found == std::string::npos || found > text.bytes.size()) break;
    writer.append(text, at, found);
    writer.append(fresh);
    ++done;
    at = found + old.bytes.size();
    if (!old.bytes.empty()) continue;
    if (at == text.bytes.size()) return call.runtime.text(writer.take(text.safe));
    const std::size_t next = at + code_point_at(text.bytes, at).bytes;
    writer.append(text, at, next);
    at = next;
  }
  writer.append(text, at, text.bytes.size());
  return call.runtime.text(writer.take(text.safe));
}

// Position in code points; -1 when it is not there.
Integer position(const NativeCall& call, bool from_right) {
  const std::string& text = subject(call).bytes;
  if (call.find(1) != nullptr) call.runtime.unsupported("a range for {} is not supported; slice the string first", call.name);
  const std::string& wanted = text_argument(call.runtime, call.at(0), call.name).bytes;
  const std::size_t found = (from_right ? find_last_part : find_first_part)(text, wanted);
  if (found == std::string::npos) return -1;
  return static_cast<Integer>(MarkedText{.bytes = text.substr(0, found), .user = {}}.length());
}

Value required_position(const NativeCall& call, bool from_right) {
  const Integer found = position(call, from_right);
  if (found < 0) call.runtime.refuse("substring not found");
  return found;
}

Value count(const NativeCall& call) {
  const Text& text = subject(call);
  if (call.find(1) != nullptr) call.runtime.unsupported("a range for count is not supported; slice the string first");
  const std::string& wanted = text_argument(call.runtime, call.at(0), call.name).bytes;
  if (wanted.empty()) return static_cast<Integer>(text.length()) + 1;
  Integer found = 0;
  for (std::size_t at = find_part(text.bytes, wanted); at != std::string::npos; at = find_part(text.bytes, wanted, at + wanted.size()))
    ++found;
  return found;
}

Value join(const NativeCall& call) {
  TextWriter writer(call.runtime.budget());
  const Text& separator = subject(call);
  bool first = true;
  for (const Value& item : call.runtime.items(call.at(0))) {
    if (!first) writer.append(separator);
    first = false;
    if (!item.is_text()) call.runtime.refuse("sequence item: expected str instance, {} found", item.type_name());
    writer.append(joining(call.runtime, separator.safe, item));
  }
  return call.runtime.text(writer.take(separator.safe));
}

enum class Align : std::uint8_t { left, center, right };

Value aligned(const NativeCall& call, Align align) {
  const Text& text = subject(call);
  const Text* given = optional_text(call, 1);
  const std::string fill = given == nullptr ? " " : given->bytes;
  if (given != nullptr && given->length() != 1) call.runtime.refuse("The fill character must be exactly one character long");
  const Integer width = call.integer(0, 0), size = static_cast<Integer>(text.length());
  if (width <= size) return call.subject;
  const Integer missing = width - size;
  const Integer most = static_cast<Integer>(call.runtime.budget().limits().memory_bytes);
  const Integer before = align == Align::left ? 0 : align == Align::right ? missing : missing / 2 + (missing & width & 1);
  TextWriter writer(call.runtime.budget());
  writer.append_repeated(fill, static_cast<std::uint64_t>(std::min(before, most)));
  writer.append(text);
  writer.append_repeated(fill, static_cast<std::uint64_t>(std::min(missing - before, most)));
  return call.runtime.text(writer.take(text.safe));
}

Value zfill(const NativeCall& call) {
  const Text& text = subject(call);
  const Integer width = call.integer(0, 0), size = static_cast<Integer>(text.length());
  if (width <= size) return call.subject;
  const bool sign = text.bytes.starts_with('-') || text.bytes.starts_with('+');
  TextWriter writer(call.runtime.budget());
  writer.append(text, 0, sign ? 1 : 0);
  writer.append_repeated("0", static_cast<std::uint64_t>(std::min<Integer>(width - size, Integer{1} << 40)));
  writer.append(text, sign ? 1 : 0, text.bytes.size());
  return call.runtime.text(writer.take(text.safe));
}

Value without_affix(const NativeCall& call, bool at_end) {
  const Text& text = subject(call);
  const std::string& affix = text_argument(call.runtime, call.at(0), call.name).bytes;
  const bool there = at_end ? text.bytes.ends_with(affix) : text.bytes.starts_with(affix);
  if (!there) return call.subject;
  return at_end ? part(call, text, 0, text.bytes.size() - affix.size()) : part(call, text, affix.size(), text.bytes.size());
}

// Python's digits are more than Unicode's numbers; only ASCII is certain.
bool is_digit(const NativeCall& call, char32_t code) {
  if (code >= 0x80 && (CharacterClasses::instance().of(code) & kNumber) != 0)
    call.runtime.unsupported("{} of digits beyond ASCII is not supported", call.name);
  return code >= '0' && code <= '9';
}

bool is_letter(char32_t code) { return (CharacterClasses::instance().of(code) & kLetter) != 0; }

template <class Holds>
Value all_are(const NativeCall& call, Holds&& holds) {
  const std::string& text = subject(call).bytes;
  for (std::size_t at = 0; at < text.size(); at += code_point_at(text, at).bytes)
    if (!holds(code_point_at(text, at).value)) return false;
  return !text.empty();
}

// Some letter has this case and none the other.
Value has_case(const NativeCall& call, bool (*wanted)(char32_t), bool (*other)(char32_t)) {
  const std::string& text = subject(call).bytes;
  bool any = false;
  for (std::size_t at = 0; at < text.size(); at += code_point_at(text, at).bytes) {
    const char32_t code = code_point_at(text, at).value;
    if (other(code) || is_title(code)) return false;
    any |= wanted(code);
  }
  return any;
}

Value is_titled(const NativeCall& call) {
  const std::string& text = subject(call).bytes;
  bool any = false, inside = false;
  for (std::size_t at = 0; at < text.size(); at += code_point_at(text, at).bytes) {
    const char32_t code = code_point_at(text, at).value;
    const bool starts = is_upper(code) || is_title(code), goes_on = is_lower(code);
    if ((starts && inside) || (goes_on && !inside)) return false;
    inside = starts || goes_on;
    any |= inside;
  }
  return any;
}

template <MarkedText (*change)(Budget&, const MarkedText&)>
Value changed(const NativeCall& call) {
  return call.runtime.text(change(call.runtime.budget(), subject(call)));
}

constexpr std::array kRows = {
    Native{"capitalize", "", changed<capitalized>},
    Native{"center", "width [fillchar] /", [](const NativeCall& call) { return aligned(call, Align::center); }},
    Native{"count", "sub [start] [end] /", count},
    Native{"endswith", "suffix [start] [end] /", [](const NativeCall& call) { return affixed(call, true); }},
    Native{"find", "sub [start] [end] /", [](const NativeCall& call) -> Value { return position(call, false); }},
    Native{"format", "*", [](const NativeCall& call) { return brace_format(call.runtime, subject(call), call.arguments); }},
    Native{"index", "sub [start] [end] /", [](const NativeCall& call) { return required_position(call, false); }},
    Native{"isalnum", "",
           [](const NativeCall& call) { return all_are(call, [&](char32_t c) { return is_letter(c) || is_digit(call, c); }); }},
    Native{"isalpha", "", [](const NativeCall& call) { return all_are(call, is_letter); }},
    Native{"isascii", "", [](const NativeCall& call) -> Value { return subject(call).is_ascii(); }},
    Native{"isdecimal", "", [](const NativeCall& call) { return all_are(call, [&](char32_t c) { return is_digit(call, c); }); }},
    Native{"isdigit", "", [](const NativeCall& call) { return all_are(call, [&](char32_t c) { return is_digit(call, c); }); }},
    Native{"islower", "", [](const NativeCall& call) { return has_case(call, is_lower, is_upper); }},
    Native{"isnumeric", "", [](const NativeCall& call) { return all_are(call, [&](char32_t c) { return is_digit(call, c); }); }},
    Native{"isspace", "", [](const NativeCall& call) { return all_are(call, is_space); }},
    Native{"istitle", "", is_titled},
    Native{"isupper", "", [](const NativeCall& call) { return has_case(call, is_upper, is_lower); }},
    Native{"join", "iterable /", join},
    Native{"ljust", "width [fillchar] /", [](const NativeCall& call) { return aligned(call, Align::left); }},
    Native{"lower", "", changed<lower>},
    Native{"lstrip", "[chars] /", [](const NativeCall& call) { return stripped(call, {.left = true}); }},
    Native{"partition", "sep /", [](const NativeCall& call) { return partitioned(call, false); }},
    Native{"removeprefix", "prefix /", [](const NativeCall& call) { return without_affix(call, false); }},
    Native{"removesuffix", "suffix /", [](const NativeCall& call) { return without_affix(call, true); }},
    Native{"replace", "old new [count] /", replace},
    Native{"rfind", "sub [start] [end] /", [](const NativeCall& call) -> Value { return position(call, true); }},
    Native{"rindex", "sub [start] [end] /", [](const NativeCall& call) { return required_position(call, true); }},
    Native{"rjust", "width [fillchar] /", [](const NativeCall& call) { return aligned(call, Align::right); }},
    Native{"rpartition", "sep /", [](const NativeCall& call) { return partitioned(call, true); }},
    Native{"rsplit", "[sep] [maxsplit]", [](const NativeCall& call) { return split(call, true); }},
    Native{"rstrip", "[chars] /", [](const NativeCall& call) { return stripped(call, {.right = true}); }},
    Native{"split", "[sep] [maxsplit]", [](const NativeCall& call) { return split(call, false); }},
    Native{"splitlines", "[keepends]", splitlines},
    Native{"startswith", "prefix [start] [end] /", [](const NativeCall& call) { return affixed(call, false); }},
    Native{"strip", "[chars] /", [](const NativeCall& call) { return stripped(call, {.left = true, .right = true}); }},
    Native{"swapcase", "", changed<case_swapped>},
    Native{"title", "", changed<title>},
    Native{"upper", "", changed<upper>},
    Native{"zfill", "width /", zfill},
};

}  // namespace

Natives text_methods() { return kRows; }

}  // namespace tightrope::text::jinja
