// JSON as a plain value: strict reading of untrusted text, ordered writing. No other file sees a JSON library.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tightrope {

class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;  // in order of appearance, keys unique

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(static_cast<std::int64_t>(value)) {}
  Json(std::int64_t value) : value_(value) {}
  Json(std::uint64_t value) : value_(value) {}
  Json(double value) : value_(value) {}
  Json(float value) : value_(static_cast<double>(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}
  static Json object() { return Json(Object{}); }
  static Json array() { return Json(Array{}); }

  // A value costs some 100 bytes however short its text, so a text may not hold too many (keys count, too).
  static constexpr std::uint64_t kMaxValues = std::uint64_t{1} << 19;

  // Strict RFC 8259 UTF-8 text, at most 256 levels deep, no duplicate keys, no numbers beyond double. `what` names the text in errors
  // (code malformed).
  static Json parse(std::string_view text, std::string_view what, std::uint64_t max_values = kMaxValues);

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(value_) || std::holds_alternative<std::uint64_t>(value_); }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  // Each throws malformed, naming `what`, when the value is of another kind or out of range.
  bool as_bool(std::string_view what) const;
  std::int64_t as_int(std::string_view what) const;
  std::uint64_t as_uint(std::string_view what) const;
  double as_double(std::string_view what) const;
  const std::string& as_string(std::string_view what) const;
  const Array& as_array(std::string_view what) const;
  const Object& as_object(std::string_view what) const;

  // Object access. find returns null when the key is absent or this is not an object; at throws malformed naming the key.
  const Json* find(std::string_view key) const;
  const Json& at(std::string_view key, std::string_view what) const;
  // Adds or replaces; a null value becomes an object first.
  Json& operator[](std::string_view key);
  void push_back(Json value);  // a null value becomes an array first

  // indent < 0: one line. NaN and infinity are written as null. Invalid UTF-8 is replaced by U+FFFD.
  std::string dump(int indent = -1) const;

 private:
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object> value_;
};

}  // namespace tightrope
