// simdjson reads (strict and fast on text we do not trust), nlohmann escapes what we write; neither leaves this file.
#include "base/json.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "base/error.h"

namespace tightrope {
namespace {

constexpr std::size_t kMaximumDepth = 256;

[[noreturn]] void fail_parse(std::string_view what, std::string_view rule) {
  fail(ErrorCode::malformed, "[json] {} is not acceptable JSON: {}; the file is damaged or not what it should be", what, rule);
}

// simdjson turns a lone \ud800-\udfff escape into three bytes that are not UTF-8; the raw bytes cannot occur otherwise.
std::string checked_string(std::string_view text, std::string_view what) {
  for (std::size_t i = text.find('\xed'); i != std::string_view::npos; i = text.find('\xed', i + 1)) {
    if (i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) >= 0xa0) fail_parse(what, "a string holds half a surrogate pair");
  }
  return std::string(text);
}

void check_keys_differ(const Json::Object& object, std::string_view what) {
  std::unordered_set<std::string_view> seen;
  seen.reserve(object.size());
  for (const auto& [key, value] : object) {
    if (!seen.insert(key).second) fail_parse(what, fmt::format("the key '{}' appears twice in one object", key));
  }
}

Json converted(simdjson::dom::element element, std::string_view what);  // recursion is at most kMaximumDepth deep

Json converted_array(simdjson::dom::array source, std::string_view what) {
  Json::Array array;
  array.reserve(source.size());
  for (const simdjson::dom::element item : source) array.push_back(converted(item, what));
  return array;
}

Json converted_object(simdjson::dom::object source, std::string_view what) {
  Json::Object object;
  object.reserve(source.size());
  for (const auto [key, value] : source) object.emplace_back(checked_string(key, what), converted(value, what));
  check_keys_differ(object, what);
  return object;
}

Json converted(simdjson::dom::element element, std::string_view what) {
  using simdjson::dom::element_type;
  switch (element.type()) {
    case element_type::ARRAY: return converted_array(element.get_array().value_unsafe(), what);
    case element_type::OBJECT: return converted_object(element.get_object().value_unsafe(), what);
    case element_type::INT64: return element.get_int64().value_unsafe();
    case element_type::UINT64: return element.get_uint64().value_unsafe();
    case element_type::DOUBLE: return element.get_double().value_unsafe();
    case element_type::STRING: return checked_string(element.get_string().value_unsafe(), what);
    case element_type::BOOL: return element.get_bool().value_unsafe();
    case element_type::NULL_VALUE: return {};
  }
  fail_parse(what, "it holds a value of no known kind");
}

// No less than the values and keys a legal text holds: each but the first follows one of these characters.
std::uint64_t most_values(std::string_view text) {
  std::uint64_t count = 1;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') in_string = !in_string;
    if (c == '\\' && in_string) ++i;
    if (!in_string && (c == ',' || c == ':' || c == '[' || c == '{')) ++count;
  }
  return count;
}

// Integers beyond 64 bits are legal JSON and do occur (model_max_length: 10^30), but simdjson refuses them. An exponent of zero makes
// them numbers it reads as doubles.
std::string with_long_integers_as_doubles(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 64);
  bool in_string = false;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (in_string || !(c >= '0' && c <= '9')) {
      const bool escape = in_string && c == '\\' && i + 1 < text.size();
      if (c == '"') in_string = !in_string;
      out.append(text.substr(i, escape ? 2 : 1));
      i += escape ? 2 : 1;
      continue;
    }
    const std::size_t end = std::min(text.find_first_not_of("0123456789.eE+-", i), text.size());
    const std::string_view number = text.substr(i, end - i);
    out.append(number);
    if (number.size() > 18 && number.find_first_of(".eE+-") == std::string_view::npos) out.append("e0");
    i = end;
  }
  return out;
}

std::string_view explanation(simdjson::error_code code) {
  switch (code) {
    case simdjson::DEPTH_ERROR: return "it is nested deeper than 256 levels";
    case simdjson::NUMBER_ERROR: return "a number is misspelt or out of range";
    case simdjson::UTF8_ERROR: return "it is not UTF-8";
    case simdjson::EMPTY: return "it is empty";
    default: return simdjson::error_message(code);
  }
}

void append_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  std::array<char, 32> digits{};  // the shortest form that reads back equal has at most 24 characters
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out += text;
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";  // it stays a double when read back
}

void append_string(std::string& out, const std::string& text) {
  const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
  if (std::ranges::all_of(text, plain)) {
    out.append(1, '"').append(text).append(1, '"');
  } else {
    out += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
}

void append_line(std::string& out, int indent, std::size_t depth) {
  if (indent < 0) return;
  out += '\n';
  out.append(static_cast<std::size_t>(indent) * depth, ' ');
}

void append_value(std::string& out, const Json& value, int indent, std::size_t depth);

void append_items(std::string& out, const Json::Array& array, int indent, std::size_t depth) {
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (i > 0) out += ',';
    append_line(out, indent, depth + 1);
    append_value(out, array[i], indent, depth + 1);
  }
}

void append_items(std::string& out, const Json::Object& object, int indent, std::size_t depth) {
  for (std::size_t i = 0; i < object.size(); ++i) {
    if (i > 0) out += ',';
    append_line(out, indent, depth + 1);
    append_string(out, object[i].first);
    out += indent < 0 ? ":" : ": ";
    append_value(out, object[i].second, indent, depth + 1);
  }
}

template <class Container>
void append_container(std::string& out, const Container& items, std::string_view brackets, int indent, std::size_t depth) {
  out += brackets[0];
  append_items(out, items, indent, depth);
  if (!items.empty()) append_line(out, indent, depth);
  out += brackets[1];
}

void append_value(std::string& out, const Json& value, int indent, std::size_t depth) {
  constexpr std::string_view what = "value";
  if (value.is_null()) {
    out += "null";
  } else if (value.is_bool()) {
    out += value.as_bool(what) ? "true" : "false";
  } else if (value.is_integer()) {
    const bool fits = value.as_double(what) < 0x1p63;
    fmt::format_to(std::back_inserter(out), "{}", fits ? fmt::to_string(value.as_int(what)) : fmt::to_string(value.as_uint(what)));
  } else if (value.is_number()) {
    append_number(out, value.as_double(what));
  } else if (value.is_string()) {
    append_string(out, value.as_string(what));
  } else if (value.is_array()) {
    append_container(out, value.as_array(what), "[]", indent, depth);
  } else {
    append_container(out, value.as_object(what), "{}", indent, depth);
  }
}

[[noreturn]] void fail_kind(std::string_view what, std::string_view expected, const Json& value) {
  std::string shown = value.dump();
  if (shown.size() > 60) shown = shown.substr(0, 57) + "...";
  fail(ErrorCode::malformed, "[json] {} must be {}, not {}; correct the file", what, expected, shown);
}

template <std::integral Integer>
Integer as_integer(const std::int64_t* small, const std::uint64_t* large, std::string_view what, const Json& value) {
  if (small != nullptr && std::in_range<Integer>(*small)) return static_cast<Integer>(*small);
  if (large != nullptr && std::in_range<Integer>(*large)) return static_cast<Integer>(*large);
  fail_kind(what, std::is_signed_v<Integer> ? "an integer of 64 bits" : "a non-negative integer of 64 bits", value);
}

}  // namespace

Json Json::parse(std::string_view text, std::string_view what, std::uint64_t max_values) {
  if (most_values(text) > max_values) fail_parse(what, fmt::format("it holds more than {} values and keys", max_values));
  simdjson::dom::parser parser;
  if (parser.allocate(std::max<std::size_t>(text.size(), 1), kMaximumDepth) != simdjson::SUCCESS) {
    fail(ErrorCode::out_of_memory, "[json] {} has {} bytes, more than can be read; split it", what, text.size());
  }
  auto result = parser.parse(text.data(), text.size());
  if (result.error() == simdjson::NUMBER_ERROR) {
    const std::string widened = with_long_integers_as_doubles(text);
    result = parser.parse(widened.data(), widened.size());  // the parser keeps its own copy of all strings
  }
  if (result.error() != simdjson::SUCCESS) fail_parse(what, explanation(result.error()));
  return converted(result.value_unsafe(), what);
}

bool Json::as_bool(std::string_view what) const {
  if (const auto* value = std::get_if<bool>(&value_)) return *value;
  fail_kind(what, "true or false", *this);
}

std::int64_t Json::as_int(std::string_view what) const {
  return as_integer<std::int64_t>(std::get_if<std::int64_t>(&value_), std::get_if<std::uint64_t>(&value_), what, *this);
}

std::uint64_t Json::as_uint(std::string_view what) const {
  return as_integer<std::uint64_t>(std::get_if<std::int64_t>(&value_), std::get_if<std::uint64_t>(&value_), what, *this);
}

double Json::as_double(std::string_view what) const {
  if (const auto* value = std::get_if<double>(&value_)) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*value);
  if (const auto* value = std::get_if<std::uint64_t>(&value_)) return static_cast<double>(*value);
  fail_kind(what, "a number", *this);
}

const std::string& Json::as_string(std::string_view what) const {
  if (const auto* value = std::get_if<std::string>(&value_)) return *value;
  fail_kind(what, "a string", *this);
}

const Json::Array& Json::as_array(std::string_view what) const {
  if (const auto* value = std::get_if<Array>(&value_)) return *value;
  fail_kind(what, "an array", *this);
}

const Json::Object& Json::as_object(std::string_view what) const {
  if (const auto* value = std::get_if<Object>(&value_)) return *value;
  fail_kind(what, "an object", *this);
}

const Json* Json::find(std::string_view key) const {
  const auto* object = std::get_if<Object>(&value_);
  if (object == nullptr) return nullptr;
  const auto found = std::ranges::find(*object, key, [](const auto& member) -> std::string_view { return member.first; });
  return found == object->end() ? nullptr : &found->second;
}

const Json& Json::at(std::string_view key, std::string_view what) const {
  if (const Json* value = find(key)) return *value;
  if (!is_object()) fail_kind(what, "an object", *this);
  fail(ErrorCode::malformed, "[json] {} has no '{}'; add it", what, key);
}

Json& Json::operator[](std::string_view key) {
  if (is_null()) value_ = Object{};
  auto* object = std::get_if<Object>(&value_);
  if (object == nullptr) fail(ErrorCode::internal, "[json] key '{}' set on something that is not an object", key);
  if (const Json* value = find(key)) return const_cast<Json&>(*value);
  return object->emplace_back(key, Json{}).second;
}

void Json::push_back(Json value) {
  if (is_null()) value_ = Array{};
  auto* array = std::get_if<Array>(&value_);
  if (array == nullptr) fail(ErrorCode::internal, "[json] item added to something that is not an array");
  array->push_back(std::move(value));
}

std::string Json::dump(int indent) const {
  std::string out;
  append_value(out, *this, indent, 0);
  return out;
}

}  // namespace tightrope
