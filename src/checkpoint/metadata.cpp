// Metadata: an ordered map with typed getters.
#include <algorithm>

#include "base/checked.h"
#include "checkpoint/container.h"
#include "checkpoint/names.h"

namespace tightrope::checkpoint {
namespace {

template <class T>
constexpr bool kIsInteger = std::is_integral_v<T> && !std::is_same_v<T, bool>;

[[noreturn]] void wrong_kind(std::string_view key, std::string_view expected) {
  fail(ErrorCode::malformed, "[metadata] the value of key {} is not {}; the file was written by something that does not follow the format",
       quote(key), expected);
}

// Every element of an array of numbers as `Number`; `accepted` says which element types may stand in for it.
template <class Number, class Accepted>
std::vector<Number> number_array(const Value& value, std::string_view key, std::string_view expected, Accepted accepted) {
  std::vector<Number> numbers;
  const auto add = [&](const auto& element) {
    if constexpr (std::is_arithmetic_v<std::decay_t<decltype(element)>>) {
      if (accepted(element)) return numbers.push_back(static_cast<Number>(element));
    }
    wrong_kind(key, expected);
  };
  std::visit(
      [&]<class T>(const T& held) {
        if constexpr (std::is_same_v<T, ValueArray>)
          for (const Value& element : held) std::visit(add, element.data);
        else if constexpr (requires { held.begin(); } && !std::is_same_v<T, std::string>)
          for (const auto& element : held) add(element);
        else
          wrong_kind(key, expected);
      },
      value.data);
  return numbers;
}

}  // namespace

void Metadata::set(std::string key, Value value) {
  const auto [place, is_new] = places_.try_emplace(key, entries_.size());
  if (is_new)
    entries_.emplace_back(std::move(key), std::move(value));
  else
    entries_[place->second].second = std::move(value);
}

void Metadata::erase(std::string_view key) {
  const auto place = places_.find(key);
  if (place == places_.end()) return;
  const std::size_t index = place->second;
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(index));
  places_.erase(place);
  for (auto& [other, position] : places_)
    if (position > index) --position;
}

const Value* Metadata::find(std::string_view key) const {
  const auto place = places_.find(key);
  return place == places_.end() ? nullptr : &entries_[place->second].second;
}

std::uint64_t Metadata::unsigned_or(std::string_view key, std::uint64_t fallback) const {
  const Value* value = find(key);
  if (!value) return fallback;
  return std::visit(
      [&]<class T>(const T& held) -> std::uint64_t {
        if constexpr (kIsInteger<T>)
          if (std::in_range<std::uint64_t>(held)) return static_cast<std::uint64_t>(held);
        wrong_kind(key, "a non-negative integer");
      },
      value->data);
}

double Metadata::number_or(std::string_view key, double fallback) const {
  const Value* value = find(key);
  if (!value) return fallback;
  return std::visit(
      [&]<class T>(const T& held) -> double {
        if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) return static_cast<double>(held);
        wrong_kind(key, "a number");
      },
      value->data);
}

bool Metadata::bool_or(std::string_view key, bool fallback) const {
  const Value* value = find(key);
  if (!value) return fallback;
  if (const bool* held = std::get_if<bool>(&value->data)) return *held;
  wrong_kind(key, "a boolean");
}

std::string Metadata::string_or(std::string_view key, std::string_view fallback) const {
  const Value* value = find(key);
  if (!value) return std::string(fallback);
  if (const auto* held = std::get_if<std::string>(&value->data)) return *held;
  wrong_kind(key, "a string");
}

const std::vector<std::string>* Metadata::strings(std::string_view key) const {
  const Value* value = find(key);
  if (!value) return nullptr;
  if (const auto* held = std::get_if<std::vector<std::string>>(&value->data)) return held;
  wrong_kind(key, "an array of strings");
}

std::vector<std::int64_t> Metadata::integers(std::string_view key) const {
  const Value* value = find(key);
  if (!value) return {};
  return number_array<std::int64_t>(*value, key, "an array of integers", []<class T>(T element) {
    if constexpr (kIsInteger<T>) return std::in_range<std::int64_t>(element);
    return false;
  });
}

std::vector<float> Metadata::floats(std::string_view key) const {
  const Value* value = find(key);
  if (!value) return {};
  return number_array<float>(*value, key, "an array of numbers", []<class T>(T) { return std::is_floating_point_v<T>; });
}

const Entry* Container::find(std::string_view name) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

}  // namespace tightrope::checkpoint
