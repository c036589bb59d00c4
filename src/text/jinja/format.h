// Values as text, exactly as Python writes them: str(), repr(), % and str.format().
#pragma once

#include <string>
#include <string_view>

#include "text/jinja/runtime.h"

namespace tightrope::text::jinja {

MarkedText str(Runtime& runtime, const Value& value);  // never `safe`
MarkedText repr(Runtime& runtime, const Value& value);
Value soft_str(Runtime& runtime, const Value& value);  // a string stays what it is, `safe` included
std::string integer_text(Integer value);
std::string real_text(double value);  // the shortest that reads back equal, as repr() spells it

// The five characters of HTML as entities; what is `safe` stays.
MarkedText html_escaped(Runtime& runtime, const Value& value);
// What joins a text that is `safe` or not.
MarkedText joining(Runtime& runtime, bool safe, const Value& value);

Value percent_format(Runtime& runtime, const Text& format, const Value& values);
Value brace_format(Runtime& runtime, const Text& format, const Arguments& arguments);

struct JsonStyle {
  std::optional<MarkedText> indent;  // of one level; none: one line
  std::string item_separator = ", ", key_separator = ": ";
  bool ascii = false, sorted = false;
};
// Errors: malformed for what JSON has no word for.
MarkedText json(Runtime& runtime, const Value& value, const JsonStyle& style);

}  // namespace tightrope::text::jinja
