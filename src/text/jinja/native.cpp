// Calling rows: sharing out arguments among parameters.
#include "text/jinja/native.h"

#include <algorithm>
#include <array>

#include "text/jinja/operators.h"

namespace tightrope::text::jinja {
namespace {

struct Parameters {
  std::vector<std::string_view> names;
  std::size_t required = 0;
  bool positional_only = false, any = false;
};

Parameters parse_parameters(std::string_view text) {
  Parameters parsed;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word == "/") {
      parsed.positional_only = true;
    } else if (word == "*") {
      parsed.any = true;
    } else if (word.front() == '[') {
      parsed.names.push_back(word.substr(1, word.size() - 2));
    } else {
      parsed.names.push_back(word);
      ++parsed.required;
    }
  }
  return parsed;
}

}  // namespace

Bound::Bound(const Runtime& runtime, std::string_view function, std::string_view parameters, const Arguments& arguments) {
  const Parameters wanted = parse_parameters(parameters);
  values_.resize(wanted.names.size());
  if (arguments.positional.size() > wanted.names.size() && !wanted.any)
    runtime.refuse("{}() takes at most {} arguments ({} given)", function, wanted.names.size(), arguments.positional.size());
  for (std::size_t i = 0; i < std::min(arguments.positional.size(), values_.size()); ++i) values_[i] = &arguments.positional[i];
  for (const auto& [name, value, from_user] : arguments.named) {
    const auto found = std::ranges::find(wanted.names, name);
    if (found == wanted.names.end() && wanted.any) continue;
    if (found == wanted.names.end() || wanted.positional_only)
      runtime.refuse("{}() got an unexpected keyword argument '{}'", function, name);
    const Value*& slot = values_[static_cast<std::size_t>(found - wanted.names.begin())];
    if (slot != nullptr) runtime.refuse("{}() got multiple values for argument '{}'", function, name);
    slot = &value;
  }
  for (std::size_t i = 0; i < wanted.required; ++i) {
    if (values_[i] == nullptr) runtime.refuse("{}() misses its argument '{}'", function, wanted.names[i]);
  }
}

Integer integer_argument(const Runtime& runtime, const Value& value, std::string_view function) {
  if (value.is_undefined()) runtime.refuse_undefined(value);
  const std::optional<Number> number = number_of(value);
  if (!number || number->is_real) runtime.refuse("{}() wants an integer, not {}", function, value.type_name());
  return number->integer;
}

const Text& text_argument(const Runtime& runtime, const Value& value, std::string_view function) {
  if (value.is_undefined()) runtime.refuse_undefined(value);
  const Text* text = value.text();
  if (text == nullptr) runtime.refuse("{}() wants a str, not {}", function, value.type_name());
  return *text;
}

Integer NativeCall::integer(std::size_t index, Integer standard) const {
  return find(index) == nullptr ? standard : integer_argument(runtime, at(index), name);
}

bool NativeCall::truth(std::size_t index, bool standard) const { return find(index) == nullptr ? standard : is_true(at(index)); }

const Native* find_native(Natives rows, std::string_view name) {
  const auto found = std::ranges::find(rows, name, &Native::name);
  return found == rows.end() ? nullptr : &*found;
}

std::string names_of(Natives rows) {
  std::string names;
  for (const Native& row : rows) names += fmt::format("{}{}", names.empty() ? "" : ", ", row.name);
  return names;
}

Value call_native(Runtime& runtime, const Native& row, const Value& subject, const Arguments& arguments) {
  const Level level(runtime.budget());
  const Text* text = subject.text();
  runtime.budget().spend(1 + (text == nullptr ? 0 : text->bytes.size() / 64));  // most walk all of it
  const Bound bound(runtime, row.name, row.parameters, arguments);
  return row.call({runtime, row.name, subject, bound, arguments});
}

// Parts that are digits are indices.
Value attribute_path(Runtime& runtime, const Value& item, const Value& path) {
  if (path.is_none()) return item;
  const Text* text = path.text();
  if (text == nullptr) return runtime.item(item, path);
  Value found = item;
  for (std::string_view rest = text->bytes;;) {
    const std::size_t end = std::min(rest.find('.'), rest.size());
    const std::string_view part = rest.substr(0, end);
    const bool digits = !part.empty() && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
    if (digits && part.size() > 18) runtime.refuse("an index is too large");
    found = runtime.item(found, digits ? Value(static_cast<Integer>(std::stoll(std::string(part)))) : runtime.text(part));
    if (end == rest.size()) return found;
    rest.remove_prefix(end + 1);
  }
}

}  // namespace tightrope::text::jinja
