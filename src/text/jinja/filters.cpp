// Filters on text, numbers and single values, as rows.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "text/jinja/characters.h"
#include "text/jinja/format.h"
#include "text/jinja/native.h"
#include "text/jinja/operators.h"

namespace tightrope::text::jinja {
namespace {

// A method of strings used as a filter: the value becomes a string first.
Value by_method(const NativeCall& call, std::string_view method) {
  return call_native(call.runtime, *find_native(text_methods(), method), soft_str(call.runtime, call.subject), call.arguments);
}

Value replace(const NativeCall& call) {
  const auto plain = [&](const Value& value) { return call.runtime.text(str(call.runtime, value)); };
  Arguments arguments{.positional = {plain(call.at(0)), plain(call.at(1))}, .named = {}};
  if (call.find(2) != nullptr && !call.at(2).is_none()) arguments.positional.push_back(call.at(2));
  return call_native(call.runtime, *find_native(text_methods(), "replace"), plain(call.subject), arguments);
}

Value indent(const NativeCall& call) {
  Runtime& runtime = call.runtime;
  const Text& text = text_argument(runtime, call.subject, call.name);
  const Value* width = call.find(0);
  TextWriter step(runtime.budget());
  if (width != nullptr && width->is_text())
    step.append(*width->text());
  else
    step.append_repeated(" ", static_cast<std::uint64_t>(std::clamp<Integer>(call.integer(0, 4), 0, Integer{1} << 40)));
  const MarkedText indention = step.take();
  TextWriter writer(runtime.budget());
  writer.append(text);
  writer.append("\n");
  const Value lines = call_native(runtime, *find_native(text_methods(), "splitlines"), runtime.text(writer.take()), {});
  const bool first = call.truth(1, false), blank = call.truth(2, false);
  for (std::size_t i = 0; i < lines.list()->items.size(); ++i) {
    const Text& line = *lines.list()->items[i].text();
    if (i > 0) writer.append("\n");
    if (i == 0 ? first : blank || !line.bytes.empty()) writer.append(indention);
    writer.append(line);
  }
  return runtime.text(writer.take(text.safe));
}

// Words start behind white space and opening brackets, unlike those of str.title().
Value title(const NativeCall& call) {
  const Value whole = soft_str(call.runtime, call.subject);
  const Text& text = *whole.text();
  constexpr std::string_view kBreaks = "-({[<";
  TextWriter writer(call.runtime.budget());
  const auto breaks = [&](std::size_t at) {
    return kBreaks.find(text.bytes[at]) != std::string_view::npos || skip_spaces(text.bytes, at) != at;
  };
  for (std::size_t at = 0; at < text.bytes.size();) {
    std::size_t end = at;
    while (end < text.bytes.size() && !breaks(end)) ++end;
    if (end > at) {
      TextWriter word(call.runtime.budget());
      word.append(text, at, end);
      const MarkedText taken = word.take();
      const std::size_t head = taken.offset(1);
      word.append(taken, 0, head);
      writer.append(upper(call.runtime.budget(), word.take()));
      word.append(taken, head, taken.bytes.size());
      writer.append(lower(call.runtime.budget(), word.take()));
      at = end;
      continue;
    }
    end = std::max(at + 1, skip_spaces(text.bytes, at));
    writer.append(text, at, end);
    at = end;
  }
  return call.runtime.text(writer.take());
}

Value truncate(const NativeCall& call) {
  Runtime& runtime = call.runtime;
  const Text& text = text_argument(runtime, call.subject, call.name);
  const Integer length = call.integer(0, 255), leeway = call.integer(3, 5);
  const Value end = call.find(2) == nullptr ? runtime.text("...") : call.at(2);
  const auto end_length = static_cast<Integer>(text_argument(runtime, end, call.name).length());
  if (length < end_length || leeway < 0) runtime.refuse("truncate() wants a length of at least {}", static_cast<std::int64_t>(end_length));
  if (static_cast<Integer>(text.length()) <= length + leeway) return call.subject;
  std::size_t cut = text.offset(static_cast<std::size_t>(length - end_length));
  if (!call.truth(1, false)) cut = std::min(cut, text.bytes.substr(0, cut).rfind(' '));
  TextWriter writer(runtime.budget());
  writer.append(text, 0, cut);
  writer.append(*end.text());
  return runtime.text(writer.take(text.safe));
}

// Python's float(): white space around, underscores between digits, inf and nan.
std::optional<double> parsed_real(std::string_view text) {
  text = text.substr(skip_spaces(text, 0));
  text = text.substr(0, skip_spaces_back(text, 0, text.size()));
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.front() == '-') return std::nullopt;
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
    if (text[i] != '_')
      digits += text[i];
    else if (i == 0 || !digit(i - 1) || !digit(i + 1))
      return std::nullopt;
  }
  double value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (read.ptr != digits.data() + digits.size() || digits.find('(') != std::string::npos) return std::nullopt;
  if (read.ec == std::errc::result_out_of_range) value = digits.find("e-") == std::string::npos ? HUGE_VAL : 0;
  return negative ? -value : value;
}

std::optional<Integer> parsed_integer(const NativeCall& call, std::string_view text, Integer base) {
  if (base != 10) call.runtime.unsupported("int() with a base other than 10 is not supported");
  text = text.substr(skip_spaces(text, 0));
  text = text.substr(0, skip_spaces_back(text, 0, text.size()));
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  Integer value = 0;
  bool digit = false;
  for (const char c : text) {
    if (c == '_' && digit) {
      digit = false;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    digit = true;
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, c - '0', &value))
      call.runtime.unsupported("an integer needs more than 128 bits; nothing this large is supported");
  }
  if (!digit) return std::nullopt;
  return negative ? -value : value;
}

Value to_integer(const NativeCall& call) {
  const Value& value = call.subject;
  if (value.is_undefined()) call.runtime.refuse_undefined(value);
  Value standard = call.find(0) == nullptr ? Value(Integer{0}) : call.at(0);
  std::optional<double> real;
  if (const Text* text = value.text()) {
    if (const std::optional<Integer> integer = parsed_integer(call, text->bytes, call.integer(1, 10))) return *integer;
    real = parsed_real(text->bytes);
  } else if (const std::optional<Number> number = number_of(value)) {
    if (!number->is_real) return number->integer;
    real = number->real;
    if (std::isinf(*real)) call.runtime.refuse("cannot convert float infinity to integer");
  }
  if (!real || !std::isfinite(*real)) return standard;
  if (std::fabs(*real) >= 0x1p126) call.runtime.unsupported("an integer needs more than 128 bits; nothing this large is supported");
  return static_cast<Integer>(*real);
}

Value to_real(const NativeCall& call) {
  if (call.subject.is_undefined()) call.runtime.refuse_undefined(call.subject);
  const Value standard = call.find(0) == nullptr ? Value(0.0) : call.at(0);
  if (const std::optional<Number> number = number_of(call.subject)) return as_real(*number);
  const Text* text = call.subject.text();
  const std::optional<double> real = text == nullptr ? std::nullopt : parsed_real(text->bytes);
  return real ? Value(*real) : standard;
}

Value absolute(const NativeCall& call) {
  const Value positive_value = positive(call.runtime, call.subject);
  return less(call.runtime, positive_value, Integer{0}) ? negative(call.runtime, positive_value) : positive_value;
}

Value rounded(const NativeCall& call) {
  Runtime& runtime = call.runtime;
  const std::optional<Number> number = number_of(call.subject);
  if (!number) runtime.refuse("round() wants a number, not {}", call.subject.type_name());
  const Integer precision = call.integer(0, 0);
  const std::string method = call.find(1) == nullptr ? "common" : text_argument(runtime, call.at(1), call.name).bytes;
  if (precision < 0 || precision > 15) runtime.unsupported("round() to other than 0 to 15 digits is not supported");
  const auto digits = static_cast<int>(precision);
  if (method == "common") {
    if (!number->is_real) return number->integer;
    return std::strtod(fmt::format("{:.{}f}", number->real, digits).c_str(), nullptr);  // correct rounding to decimal digits
  }
  const double scale = std::pow(10.0, digits), scaled = as_real(*number) * scale;
  if (method != "ceil" && method != "floor") runtime.refuse("method must be common, ceil or floor");
  return (method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / scale;
}

Value standard_value(const NativeCall& call) {
  const bool missing = call.subject.is_undefined() || (call.truth(1, false) && !is_true(call.subject));
  if (!missing) return call.subject;
  return call.find(0) == nullptr ? call.runtime.text("") : call.at(0);
}

Value to_json(const NativeCall& call) {
  JsonStyle style;
  style.ascii = call.truth(0, false);
  style.sorted = call.truth(3, false);
  if (const Value* width = call.find(1); width != nullptr && !width->is_none()) {
    TextWriter step(call.runtime.budget());
    if (width->is_text())
      step.append(*width->text());
    else
      step.append_repeated(" ", static_cast<std::uint64_t>(std::clamp<Integer>(call.integer(1, 0), 0, Integer{1} << 40)));
    style.indent = step.take();
    style.item_separator.pop_back();  // a line end stands for the space
  }
  if (const Value* separators = call.find(2); separators != nullptr && !separators->is_none()) {
    const List* pair = separators->list();
    if (pair == nullptr || pair->items.size() != 2) call.runtime.refuse("tojson() wants two separators");
    style.item_separator = text_argument(call.runtime, pair->items[0], call.name).bytes;
    style.key_separator = text_argument(call.runtime, pair->items[1], call.name).bytes;
  }
  return call.runtime.text(json(call.runtime, call.subject, style));
}

Value formatted(const NativeCall& call) {
  const Value text = soft_str(call.runtime, call.subject);
  if (call.arguments.named.empty()) return percent_format(call.runtime, *text.text(), call.runtime.tuple(call.arguments.positional));
  std::vector<Dict::Entry> entries;
  entries.reserve(call.arguments.named.size());
  for (const NamedArgument& given : call.arguments.named) entries.emplace_back(call.runtime.name_of(given), given.value);
  return percent_format(call.runtime, *text.text(), call.runtime.dict(std::move(entries)));
}

Value marked_safe(const NativeCall& call) {
  MarkedText text = str(call.runtime, call.subject);
  text.safe = true;
  return call.runtime.text(std::move(text));
}

Value attribute(const NativeCall& call) {
  if (call.subject.dict() != nullptr && call.subject.dict()->find(text_argument(call.runtime, call.at(0), call.name).bytes) != nullptr &&
      find_native(dict_methods(), call.at(0).text()->bytes) == nullptr)
    return call.runtime.undefined("a dictionary's items are no attributes");
  return call.runtime.attribute(call.subject, text_argument(call.runtime, call.at(0), call.name).bytes);
}

constexpr std::array kTextRows = {
    Native{"capitalize", "", [](const NativeCall& call) { return by_method(call, "capitalize"); }},
    Native{"center", "[width]",
           [](const NativeCall& call) {
             const Arguments width{.positional = {call.integer(0, 80)}, .named = {}};
             return call_native(call.runtime, *find_native(text_methods(), "center"), soft_str(call.runtime, call.subject), width);
           }},
    Native{"e", "", [](const NativeCall& call) { return call.runtime.text(html_escaped(call.runtime, call.subject)); }},
    Native{"escape", "", [](const NativeCall& call) { return call.runtime.text(html_escaped(call.runtime, call.subject)); }},
    Native{"format", "*", formatted},
    Native{"indent", "[width] [first] [blank]", indent},
    Native{"lower", "", [](const NativeCall& call) { return by_method(call, "lower"); }},
    Native{"replace", "old new [count]", replace},
    Native{"safe", "", marked_safe},
    Native{"string", "", [](const NativeCall& call) { return soft_str(call.runtime, call.subject); }},
    Native{"title", "", title},
    Native{"tojson", "[ensure_ascii] [indent] [separators] [sort_keys]", to_json},
    Native{"trim", "[chars]",
           [](const NativeCall& call) {
             Arguments chars;
             if (call.find(0) != nullptr) chars.positional.push_back(call.at(0));
             return call_native(call.runtime, *find_native(text_methods(), "strip"), soft_str(call.runtime, call.subject), chars);
           }},
    Native{"truncate", "[length] [killwords] [end] [leeway]", truncate},
    Native{"upper", "", [](const NativeCall& call) { return by_method(call, "upper"); }},
};
constexpr std::array kRows = {
    Native{"abs", "", absolute},
    Native{"attr", "name", attribute},
    Native{"d", "[default_value] [boolean]", standard_value},
    Native{"default", "[default_value] [boolean]", standard_value},
    Native{"float", "[default]", to_real},
    Native{"int", "[default] [base]", to_integer},
    Native{"round", "[precision] [method]", rounded},
};

}  // namespace

Natives text_filters() { return kTextRows; }
Natives filters() { return kRows; }

}  // namespace tightrope::text::jinja
