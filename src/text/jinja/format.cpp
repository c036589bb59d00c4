// str() and repr() of every type.
#include "text/jinja/format.h"

#include <array>
#include <charconv>
#include <cmath>

#include "text/jinja/characters.h"
#include "text/jinja/loop.h"
#include "text/utf8.h"

namespace tightrope::text::jinja {
namespace {

constexpr std::array<std::pair<char32_t, std::string_view>, 4> kShortEscapes = {
    {{'\n', "\\n"}, {'\r', "\\r"}, {'\t', "\\t"}, {'\\', "\\\\"}}};

std::string escape_of(char32_t code) {
  for (const auto& [character, escape] : kShortEscapes) {
    if (code == character) return std::string(escape);
  }
  const auto value = static_cast<std::uint32_t>(code);
  return value < 0x100     ? fmt::format("\\x{:02x}", value)
         : value < 0x10000 ? fmt::format("\\u{:04x}", value)
                           : fmt::format("\\U{:08x}", value);
}

class Repr {
 public:
  Repr(Runtime& runtime, TextWriter& writer) : runtime_(runtime), writer_(writer) {}

  void write(const Value& value) {
    const Level level(runtime_.budget());
    runtime_.budget().spend(1);
    std::visit([&](const auto& what) { show(what); }, value.storage());
  }

 private:
  void show(const Undefined&) { writer_.append("Undefined"); }
  void show(const None&) { writer_.append("None"); }
  void show(bool truth) { writer_.append(truth ? "True" : "False"); }
  void show(Integer integer) { writer_.append(integer_text(integer)); }
  void show(double real) { writer_.append(real_text(real)); }
  void show(const TextPointer& text) {
    if (text->safe) writer_.append("Markup(");
    quote(*text);
    if (text->safe) writer_.append(")");
  }
  void show(const std::shared_ptr<const List>& list) {
    writer_.append(list->tuple ? "(" : "[");
    for (std::size_t i = 0; i < list->items.size(); ++i) {
      if (i > 0) writer_.append(", ");
      write(list->items[i]);
    }
    if (list->tuple && list->items.size() == 1) writer_.append(",");
    writer_.append(list->tuple ? ")" : "]");
  }
  void show(const std::shared_ptr<const Dict>& dict) { entries(dict->entries); }
  void show(const Range& range) {
    writer_.append(fmt::format("range({}, {}", range.start, range.stop));
    if (range.step != 1) writer_.append(fmt::format(", {}", range.step));
    writer_.append(")");
  }
  void show(const View& view) {
    const Value seen(view);
    writer_.append(fmt::format("{}(", seen.type_name()));
    write(runtime_.list(runtime_.items(seen)));
    writer_.append(")");
  }
  void show(const std::shared_ptr<Namespace>& space) {
    std::vector<Dict::Entry> list;
    for (const auto& [name, value] : space->attributes)  // a name may have been the user's, and no control token needs one
      list.emplace_back(runtime_.name_of({.name = name, .value = {}, .from_user = true}), value);
    writer_.append("<Namespace ");
    entries(list);
    writer_.append(">");
  }
  void show(const std::shared_ptr<Loop>& loop) {
    writer_.append(fmt::format("<LoopContext {}/{}>", loop->index0 + 1, loop->total_length()));
  }
  void show(const std::shared_ptr<Iterator>& iterator) { refuse_address(iterator->type); }
  void show(const std::shared_ptr<const Function>& function) {
    if (function->type != "Macro") refuse_address(function->type);
    writer_.append(function->name.empty() ? "<Macro anonymous>" : fmt::format("<Macro '{}'>", function->name));
  }

  // Python would print where the object lies in memory: no two runs agree.
  [[noreturn]] void refuse_address(std::string_view type) {
    runtime_.unsupported("printing a {} is not supported; use what it gives", type);
  }

  void entries(const std::vector<Dict::Entry>& list) {
    writer_.append("{");
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (i > 0) writer_.append(", ");
      write(list[i].first);
      writer_.append(": ");
      write(list[i].second);
    }
    writer_.append("}");
  }

  void quote(const Text& text) {
    const bool single = text.bytes.find('\'') != std::string::npos, twofold = text.bytes.find('"') != std::string::npos;
    const char mark = single && !twofold ? '"' : '\'';
    writer_.append(std::string_view(&mark, 1));
    for (std::size_t at = 0; at < text.bytes.size();) {
      const CodePoint point = code_point_at(text.bytes, at);
      const bool own_mark = point.value == static_cast<char32_t>(mark);
      if (own_mark) writer_.append("\\", text.user_at(at));
      if (point.value == '\\' || !is_printable(point.value))
        writer_.append(escape_of(point.value), text.user_at(at));
      else
        writer_.append(text, at, at + point.bytes);
      at += point.bytes;
    }
    writer_.append(std::string_view(&mark, 1));
  }

  Runtime& runtime_;
  TextWriter& writer_;
};

}  // namespace

std::string integer_text(Integer value) { return fmt::format("{}", value); }

// The shortest digits, with an exponent where Python writes one.
std::string real_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::array<char, 400> digits{};
  const double size = std::fabs(value);
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e16);
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, format).ptr;
  std::string text(digits.data(), end);
  if (plain && text.find('.') == std::string::npos) text += ".0";
  return text;
}

MarkedText str(Runtime& runtime, const Value& value) {
  if (const Text* text = value.text()) return {.bytes = text->bytes, .user = text->user};
  if (value.is_undefined()) return {};
  return repr(runtime, value);
}

MarkedText repr(Runtime& runtime, const Value& value) {
  TextWriter writer(runtime.budget());
  Repr(runtime, writer).write(value);
  return writer.take();
}

Value soft_str(Runtime& runtime, const Value& value) { return value.is_text() ? value : runtime.text(str(runtime, value)); }

MarkedText html_escaped(Runtime& runtime, const Value& value) {
  if (const Text* text = value.text(); text != nullptr && text->safe) return *text;
  constexpr std::array<std::pair<char, std::string_view>, 5> kEntities = {
      {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'\'', "&#39;"}, {'"', "&#34;"}}};
  const MarkedText plain = str(runtime, value);
  TextWriter writer(runtime.budget());
  for (std::size_t at = 0; at < plain.bytes.size(); ++at) {
    std::string_view shown = std::string_view(plain.bytes).substr(at, 1);
    for (const auto& [character, entity] : kEntities)
      if (plain.bytes[at] == character) shown = entity;
    writer.append(shown, plain.user_at(at));
  }
  return writer.take(true);
}

MarkedText joining(Runtime& runtime, bool safe, const Value& value) {
  if (safe) return html_escaped(runtime, value);
  return str(runtime, value);
}

}  // namespace tightrope::text::jinja
