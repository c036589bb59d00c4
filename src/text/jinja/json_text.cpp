// The tojson filter as transformers defines it: Python's json.dumps, not jinja's own HTML-safe one.
#include <algorithm>
#include <cmath>

#include "text/jinja/format.h"
#include "text/jinja/operators.h"
#include "text/utf8.h"

namespace tightrope::text::jinja {
namespace {

class JsonWriter {
 public:
  JsonWriter(Runtime& runtime, TextWriter& writer, const JsonStyle& style) : runtime_(runtime), writer_(writer), style_(style) {}

  void write(const Value& value, unsigned depth) {
    const Level level(runtime_.budget());
    runtime_.budget().spend(1);
    if (const Text* text = value.text())
      string(*text);
    else if (const List* list = value.list())
      array(*list, depth);
    else if (const Dict* dict = value.dict())
      object(*dict, depth);
    else
      writer_.append(scalar(value));
  }

 private:
  std::string scalar(const Value& value) const {
    if (value.is_none()) return "null";
    if (const auto* truth = value.get_if<bool>()) return *truth ? "true" : "false";
    if (const auto* integer = value.get_if<Integer>()) return integer_text(*integer);
    if (const auto* real = value.get_if<double>()) {
      if (std::isnan(*real)) return "NaN";
      return std::isinf(*real) ? (*real < 0 ? "-Infinity" : "Infinity") : real_text(*real);
    }
    runtime_.refuse("Object of type {} is not JSON serializable", value.type_name());
  }

  void line(unsigned depth) {
    if (!style_.indent) return;
    writer_.append("\n");
    for (unsigned i = 0; i < depth; ++i) writer_.append(*style_.indent);
  }

  void array(const List& list, unsigned depth) {
    writer_.append("[");
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      if (i > 0) writer_.append(style_.item_separator);
      line(depth + 1);
      write(list.items[i], depth + 1);
    }
    if (!list.items.empty()) line(depth);
    writer_.append("]");
  }

  // The entries in the order they are written; keys of several types have no order, and Python says so too.
  std::vector<Dict::Entry> ordered(const Dict& dict) const {
    std::vector<Dict::Entry> entries = dict.entries;
    if (style_.sorted) std::ranges::stable_sort(entries, [&](const auto& a, const auto& b) { return less(runtime_, a.first, b.first); });
    return entries;
  }

  void object(const Dict& dict, unsigned depth) {
    writer_.append("{");
    bool first = true;
    for (const auto& [key, value] : ordered(dict)) {
      if (!first) writer_.append(style_.item_separator);
      first = false;
      line(depth + 1);
      if (const Text* text = key.text()) {
        string(*text);
      } else {
        if (key.list() != nullptr) runtime_.refuse("keys must be str, int, float, bool or None, not {}", key.type_name());
        writer_.append(fmt::format("\"{}\"", scalar(key)));
      }
      writer_.append(style_.key_separator);
      write(value, depth + 1);
    }
    if (!dict.entries.empty()) line(depth);
    writer_.append("}");
  }

  std::string escaped(char32_t code) const {
    switch (code) {
      case '"': return "\\\"";
      case '\\': return "\\\\";
      case '\n': return "\\n";
      case '\r': return "\\r";
      case '\t': return "\\t";
      case '\b': return "\\b";
      case '\f': return "\\f";
      default: break;
    }
    const auto value = static_cast<std::uint32_t>(code);
    if (value < 0x10000) return fmt::format("\\u{:04x}", value);
    return fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + ((value - 0x10000) >> 10), 0xdc00 + ((value - 0x10000) & 0x3ff));
  }

  void string(const Text& text) {
    writer_.append("\"");
    std::size_t plain = 0;  // where the part begins that needs no escape
    for (std::size_t at = 0; at < text.bytes.size();) {
      const CodePoint point = code_point_at(text.bytes, at);
      const bool escape = point.value < 0x20 || point.value == '"' || point.value == '\\' || (style_.ascii && point.value > 0x7e);
      if (escape) {
        writer_.append(text, plain, at);
        writer_.append(escaped(point.value), text.user_at(at));
        plain = at + point.bytes;
      }
      at += point.bytes;
    }
    writer_.append(text, plain, text.bytes.size());
    writer_.append("\"");
  }

  Runtime& runtime_;
  TextWriter& writer_;
  const JsonStyle& style_;
};

}  // namespace

MarkedText json(Runtime& runtime, const Value& value, const JsonStyle& style) {
  TextWriter writer(runtime.budget());
  JsonWriter(runtime, writer, style).write(value, 0);
  return writer.take();
}

}  // namespace tightrope::text::jinja
