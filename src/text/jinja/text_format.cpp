// "%5.2f" % x and "{:>5}".format(x): Python's two ways to format, with one way to lay out numbers.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "text/jinja/format.h"
#include "text/jinja/operators.h"
#include "text/utf8.h"

namespace tightrope::text::jinja {
namespace {

// What stands between "%" or ":" and the type.
struct Layout {
  char32_t fill = ' ';
  char align = '\0', sign = '-', grouping = '\0', type = '\0';
  bool alternate = false, zero = false;
  std::uint64_t width = 0;
  std::optional<std::uint64_t> precision;
};

constexpr std::uint64_t kMostDigits = 500;  // after the point, or of an integer that a precision fills up

// Digits at `at`, which is moved behind them.
std::optional<std::uint64_t> count_at(Runtime& runtime, std::string_view text, std::size_t& at) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data() + at, text.data() + text.size(), value);
  if (read.ptr == text.data() + at) return std::nullopt;
  if (read.ec != std::errc()) value = runtime.budget().limits().memory_bytes;
  runtime.budget().check_text(value);
  at = static_cast<std::size_t>(read.ptr - text.data());
  return value;
}

// Pads a number or a text to the width; `prefix` is a sign or "0x", which zeros come behind.
void append_padded(TextWriter& writer, const Layout& layout, std::string_view prefix, const MarkedText& body, char standard_align) {
  const std::size_t size = prefix.size() + body.length();
  const std::uint64_t missing = layout.width > size ? layout.width - size : 0;
  const char align = layout.align == '\0' ? standard_align : layout.align;
  std::string fill;
  append_utf8(fill, layout.fill);
  const std::uint64_t before = align == '>' ? missing : align == '^' ? missing / 2 : 0;
  writer.append_repeated(fill, before);
  writer.append(prefix);
  if (align == '=') writer.append_repeated(fill, missing);
  writer.append(body);
  if (align == '<' || align == '^') writer.append_repeated(fill, missing - before);
}

std::string grouped(std::string digits, char mark, std::size_t every) {
  const std::size_t point = std::min(digits.find_first_of(".e"), digits.size());
  for (std::size_t at = point; at > every;) digits.insert(at -= every, 1, mark);
  return digits;
}

void append_number(TextWriter& writer, const Layout& layout, bool negative, const std::string& base, std::string digits) {
  if (layout.grouping != '\0') digits = grouped(std::move(digits), layout.grouping, base.empty() ? 3 : 4);
  const std::string sign = negative ? "-" : layout.sign == '-' ? std::string() : std::string(1, layout.sign);
  Layout laid = layout;
  if (layout.zero && layout.align == '\0') laid.align = '=', laid.fill = '0';
  append_padded(writer, laid, fmt::format("{}{}", sign, layout.alternate ? base : ""), MarkedText{.bytes = std::move(digits), .user = {}},
                '>');
}

std::string digits_of(Integer value, unsigned base) {
  std::string digits;
  auto rest = value < 0 ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
  do digits += "0123456789abcdef"[static_cast<std::size_t>(rest % base)];
  while ((rest /= base) != 0);
  std::ranges::reverse(digits);
  return digits;
}

void append_integer(Runtime& runtime, TextWriter& writer, const Layout& layout, Integer value) {
  struct Base {
    char type;
    unsigned base;
    std::string_view prefix;
  };
  constexpr Base kBases[] = {{'\0', 10, ""},  {'d', 10, ""},   {'i', 10, ""},  {'u', 10, ""},
                             {'x', 16, "0x"}, {'X', 16, "0X"}, {'o', 8, "0o"}, {'b', 2, "0b"}};
  const auto* row = std::ranges::find(kBases, layout.type, &Base::type);
  if (row == std::end(kBases)) runtime.unsupported("the format type '{}' is not supported for integers", layout.type);
  std::string digits = digits_of(value, row->base);
  if (layout.type == 'X')
    std::ranges::transform(digits, digits.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (layout.precision && *layout.precision > kMostDigits) runtime.unsupported("more than {} digits are not supported", kMostDigits);
  if (layout.precision && *layout.precision > digits.size()) digits.insert(0, *layout.precision - digits.size(), '0');
  append_number(writer, layout, value < 0, std::string(row->prefix), std::move(digits));
}

void append_real(Runtime& runtime, TextWriter& writer, const Layout& layout, double value) {
  const std::uint64_t precision = layout.precision.value_or(6);
  if (precision > kMostDigits) runtime.unsupported("more than {} digits after the point are not supported", kMostDigits);
  if (layout.alternate) runtime.unsupported("the flag '#' is not supported for real numbers");
  const double size = std::fabs(value);
  std::string digits;
  switch (layout.type) {
    case 'e': digits = fmt::format("{:.{}e}", size, precision); break;
    case 'E': digits = fmt::format("{:.{}E}", size, precision); break;
    case 'f':
    case 'F': digits = fmt::format("{:.{}f}", size, precision); break;
    case 'g': digits = fmt::format("{:.{}g}", size, precision == 0 ? 1 : precision); break;
    case 'G': digits = fmt::format("{:.{}G}", size, precision == 0 ? 1 : precision); break;
    case '%': digits = fmt::format("{:.{}f}%", size * 100, precision); break;
    case '\0':
      if (layout.precision) runtime.unsupported("a precision without a format type is not supported for real numbers");
      digits = real_text(size);
      break;
    default: runtime.unsupported("the format type '{}' is not supported for real numbers", layout.type);
  }
  append_number(writer, layout, std::signbit(value) && !std::isnan(value), "", std::move(digits));
}

void append_text(Runtime& runtime, TextWriter& writer, const Layout& layout, const MarkedText& text, char standard_align) {
  MarkedText shown = text;
  if (layout.precision && *layout.precision < text.length()) {
    TextWriter cut(runtime.budget());
    cut.append(text, 0, text.offset(*layout.precision));
    shown = cut.take();
  }
  append_padded(writer, layout, "", shown, standard_align);
}

// One printf-style format; the arguments are used up in order, or looked up by name.
class Percent {
 public:
  Percent(Runtime& runtime, const Text& format, const Value& values)
      : runtime_(runtime), format_(format), text_(format.bytes), values_(values), writer_(runtime.budget()) {}

  Value run() {
    for (std::size_t at = 0; at < text_.size();) {
      const std::size_t next = std::min(text_.find('%', at), text_.size());
      writer_.append(format_, at, next);
      at = next;
      if (at < text_.size()) conversion(++at);
    }
    const List* tuple = values_.list() != nullptr && values_.list()->tuple ? values_.list() : nullptr;
    const bool lookup = values_.dict() != nullptr || (values_.list() != nullptr && tuple == nullptr) || values_.is_undefined();
    if (!lookup && used_ < (tuple != nullptr ? tuple->items.size() : 1))
      runtime_.refuse("not all arguments converted during string formatting");
    return runtime_.text(writer_.take(format_.safe));
  }

 private:
  Value next_value() {
    const List* tuple = values_.list() != nullptr && values_.list()->tuple ? values_.list() : nullptr;
    if (used_ >= (tuple != nullptr ? tuple->items.size() : 1)) runtime_.refuse("not enough arguments for format string");
    const std::size_t index = used_++;
    return tuple != nullptr ? tuple->items[index] : values_;
  }

  void conversion(std::size_t& at) {
    std::optional<Value> named;
    if (at < text_.size() && text_[at] == '(') {
      const std::size_t end = text_.find(')', at);
      if (end == std::string_view::npos) runtime_.refuse("incomplete format key");
      if (values_.dict() == nullptr) runtime_.refuse("format requires a mapping");
      runtime_.budget().spend(values_.dict()->entries.size() / 16);
      const Value* found = values_.dict()->find(text_.substr(at + 1, end - at - 1));
      if (found == nullptr)
        runtime_.refuse("the mapping of a format has no '{}'", text_.substr(at + 1, std::min<std::size_t>(end - at - 1, 64)));
      named = *found;
      at = end + 1;
    }
    Layout layout;
    read_flags(layout, at);
    if (at == text_.size()) runtime_.refuse("incomplete format");
    layout.type = text_[at++];
    if (layout.type == '%') return writer_.append("%");
    show(layout, named ? *named : next_value());
  }

  void read_flags(Layout& layout, std::size_t& at) {
    for (constexpr std::string_view kFlags = "-+ #0"; at < text_.size() && kFlags.find(text_[at]) != std::string_view::npos; ++at) {
      const char flag = text_[at];
      if (flag == '-') layout.align = '<';
      if (flag == '+' || (flag == ' ' && layout.sign != '+')) layout.sign = flag;
      layout.alternate |= flag == '#';
      layout.zero |= flag == '0';
    }
    layout.width = count_at(runtime_, text_, at).value_or(0);
    if (at < text_.size() && text_[at] == '.') layout.precision = count_at(runtime_, text_, ++at).value_or(0);
    if (at < text_.size() && text_[at] == '*') runtime_.unsupported("widths from the arguments are not supported in a format");
  }

  void show(const Layout& layout, const Value& value) {
    const std::optional<Number> number = number_of(value);
    if (layout.type == 's' || layout.type == 'r') {
      const bool escape = format_.safe && layout.type == 's';
      const MarkedText shown = layout.type == 'r' ? repr(runtime_, value) : joining(runtime_, escape, value);
      return append_text(runtime_, writer_, layout, shown, '>');
    }
    if (std::string_view("diuxXo").find(layout.type) != std::string_view::npos) {
      if (!number || (number->is_real && std::string_view("xXo").find(layout.type) != std::string_view::npos))
        runtime_.refuse("%{} format: a number is required, not {}", layout.type, value.type_name());
      return append_integer(runtime_, writer_, layout, number->is_real ? whole(number->real) : number->integer);
    }
    if (std::string_view("eEfFgG").find(layout.type) != std::string_view::npos) {
      if (!number) runtime_.refuse("must be real number, not {}", value.type_name());
      return append_real(runtime_, writer_, layout, as_real(*number));
    }
    runtime_.unsupported("the format type '%{}' is not supported; supported are s, r, d, i, u, x, X, o, e, E, f, F, g, G", layout.type);
  }

  Integer whole(double real) const {
    if (!std::isfinite(real)) runtime_.refuse("cannot convert float {} to integer", std::isnan(real) ? "NaN" : "infinity");
    if (std::fabs(real) >= 0x1p126) runtime_.unsupported("an integer needs more than 128 bits; nothing this large is supported");
    return static_cast<Integer>(real);
  }

  Runtime& runtime_;
  const Text& format_;
  const std::string_view text_;
  const Value& values_;
  TextWriter writer_;
  std::size_t used_ = 0;
};

class Braces {
 public:
  Braces(Runtime& runtime, const Text& format, const Arguments& arguments)
      : runtime_(runtime), format_(format), text_(format.bytes), arguments_(arguments), writer_(runtime.budget()) {}

  Value run() {
    for (std::size_t at = 0; at < text_.size();) {
      const std::size_t next = std::min(text_.find_first_of("{}", at), text_.size());
      writer_.append(format_, at, next);
      at = next;
      if (at == text_.size()) break;
      if (at + 1 < text_.size() && text_[at + 1] == text_[at]) {
        writer_.append(format_, at, at + 1);
        at += 2;
        continue;
      }
      if (text_[at] == '}') runtime_.refuse("Single '}}' encountered in format string");
      at = field(at + 1);
    }
    return runtime_.text(writer_.take(format_.safe));
  }

 private:
  // "name.part[0]!r:>5}" from `begin` on; returns the position behind it.
  std::size_t field(std::size_t begin) {
    const std::size_t end = text_.find('}', begin);
    if (end == std::string_view::npos) runtime_.refuse("expected '}}' before end of string");
    const std::string_view body = text_.substr(begin, end - begin);
    if (body.find('{') != std::string_view::npos) runtime_.unsupported("fields within fields are not supported in a format");
    const std::size_t colon = std::min(body.find(':'), body.size());
    const std::size_t mark = std::min(body.substr(0, colon).find('!'), colon);
    const std::string_view conversion = body.substr(mark, colon - mark);
    Value value = lookup(body.substr(0, mark));
    if (conversion == "!r") value = runtime_.text(repr(runtime_, value));
    if (conversion == "!s") value = runtime_.text(str(runtime_, value));
    if (!conversion.empty() && conversion != "!r" && conversion != "!s")
      runtime_.unsupported("the conversion '{}' is not supported in a format; supported are !r and !s", conversion.substr(0, 16));
    show(colon < body.size() ? body.substr(colon + 1) : std::string_view{}, value);
    return end + 1;
  }

  Value lookup(std::string_view name) {
    const std::size_t end = std::min(name.find_first_of(".["), name.size());
    Value value = argument(name.substr(0, end));
    for (std::size_t at = end; at < name.size();) {
      if (name[at] == '.') {
        const std::size_t next = std::min(name.find_first_of(".[", at + 1), name.size());
        value = runtime_.attribute(value, name.substr(at + 1, next - at - 1));
        at = next;
      } else {
        const std::size_t close = name.find(']', at);
        if (name[at] != '[' || close == std::string_view::npos) runtime_.refuse("a field of a format is damaged");
        const std::string_view key = name.substr(at + 1, close - at - 1);
        std::size_t position = 0;
        const std::optional<std::uint64_t> index = count_at(runtime_, key, position);
        value = runtime_.item(value, index && position == key.size() ? Value(static_cast<Integer>(*index)) : runtime_.text(key));
        at = close + 1;
      }
    }
    return value;
  }

  Value argument(std::string_view name) {
    std::size_t at = 0;
    std::optional<std::uint64_t> index = name.empty() ? std::optional(automatic_++) : count_at(runtime_, name, at);
    if (index && at == name.size()) {
      if (*index >= arguments_.positional.size()) runtime_.refuse("Replacement index {} out of range for positional args tuple", *index);
      return arguments_.positional[*index];
    }
    const auto found = std::ranges::find(arguments_.named, name, &NamedArgument::name);
    if (found == arguments_.named.end()) runtime_.refuse("a format has no value for '{}'", name.substr(0, 64));
    return found->value;
  }

  static bool is_align(char c) { return c == '<' || c == '>' || c == '^' || c == '='; }

  Layout layout_of(std::string_view spec) {
    Layout layout;
    std::size_t at = 0;
    const std::size_t first = spec.empty() ? 0 : code_point_at(spec, 0).bytes;
    if (first < spec.size() && is_align(spec[first])) {
      layout.fill = code_point_at(spec, 0).value;
      layout.align = spec[first];
      at = first + 1;
    } else if (!spec.empty() && is_align(spec[0])) {
      layout.align = spec[at++];
    }
    const auto flag = [&](std::string_view any) { return at < spec.size() && any.find(spec[at]) != std::string_view::npos; };
    if (flag("+- ")) layout.sign = spec[at++];
    if (flag("#")) layout.alternate = ++at > 0;
    if (flag("0")) layout.zero = ++at > 0;
    layout.width = count_at(runtime_, spec, at).value_or(0);
    if (flag(",_")) layout.grouping = spec[at++];
    if (flag(".")) {
      layout.precision = count_at(runtime_, spec, ++at);
      if (!layout.precision) runtime_.refuse("Format specifier missing precision");
    }
    if (at < spec.size()) layout.type = spec[at++];
    if (at < spec.size()) runtime_.refuse("Invalid format specifier '{}'", spec.substr(0, 64));
    return layout;
  }

  void show(std::string_view spec, const Value& value) {
    if (spec.empty()) return writer_.append(joining(runtime_, format_.safe, value));
    const Layout layout = layout_of(spec);
    const std::optional<Number> number = number_of(value);
    if (const Text* text = value.text()) {
      if (layout.type != '\0' && layout.type != 's') runtime_.refuse("Unknown format code '{}' for object of type 'str'", layout.type);
      if (layout.zero || layout.align == '=' || layout.sign != '-' || format_.safe)
        runtime_.unsupported("the format '{}' is not supported for strings", spec.substr(0, 64));
      return append_text(runtime_, writer_, layout, *text, '<');
    }
    if (!number) runtime_.refuse("unsupported format string passed to {}.__format__", value.type_name());
    const bool integer_type = std::string_view("dxXob").find(layout.type) != std::string_view::npos;
    const bool real = number->is_real || (layout.type != '\0' && !integer_type);
    if (number->is_real && layout.type != '\0' && integer_type)
      runtime_.refuse("Unknown format code '{}' for object of type 'float'", layout.type);
    if (!real && layout.precision) runtime_.refuse("Precision not allowed in integer format specifier");
    if (layout.zero && layout.grouping != '\0') runtime_.unsupported("zeros with grouping are not supported in a format");
    if (real)
      append_real(runtime_, writer_, layout, as_real(*number));
    else
      append_integer(runtime_, writer_, layout, number->integer);
  }

  Runtime& runtime_;
  const Text& format_;
  const std::string_view text_;
  const Arguments& arguments_;
  TextWriter writer_;
  std::uint64_t automatic_ = 0;
};

}  // namespace

Value percent_format(Runtime& runtime, const Text& format, const Value& values) { return Percent(runtime, format, values).run(); }
Value brace_format(Runtime& runtime, const Text& format, const Arguments& arguments) { return Braces(runtime, format, arguments).run(); }

}  // namespace tightrope::text::jinja
