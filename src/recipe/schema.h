// Options as data: one list of a struct's fields, from which reading, writing, checking and help all follow.
#pragma once

#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace tightrope::recipe {

template <class Options, class T>
struct Field {
  std::string_view name;
  T Options::*member;
  std::string_view help;
};

template <class Options, class T>
constexpr Field<Options, T> field(std::string_view name, T Options::*member, std::string_view help) {
  return {name, member, help};
}
template <class... Fields>
constexpr std::tuple<Fields...> fields(Fields... list) {
  return {list...};
}

// A field as the command line, the documentation and search see it.
struct FieldDescription {
  std::string name, help;
  Json fallback;  // its default
};

namespace detail {

inline void assign(bool& value, const Json& json, std::string_view name) { value = json.as_bool(name); }
inline void assign(std::string& value, const Json& json, std::string_view name) { value = json.as_string(name); }
inline void assign(float& value, const Json& json, std::string_view name) { value = static_cast<float>(json.as_double(name)); }
inline void assign(std::uint64_t& value, const Json& json, std::string_view name) { value = json.as_uint(name); }

}  // namespace detail

template <class Options, class Schema>
std::vector<FieldDescription> describe(const Schema& schema) {
  std::vector<FieldDescription> list;
  const Options defaults;
  std::apply(
      [&](const auto&... each) {
        (list.push_back({std::string(each.name), std::string(each.help), Json(defaults.*each.member)}), ...);
      },
      schema);
  return list;
}

template <class Options, class Schema>
Json write_options(const Options& options, const Schema& schema) {
  Json json = Json::object();
  std::apply([&](const auto&... each) { ((json[each.name] = Json(options.*each.member)), ...); }, schema);
  return json;
}

// Absent keys keep their defaults. Errors: invalid_argument for a key that is no field, listing the fields; malformed for a wrong kind.
template <class Options, class Schema>
Options read_options(const Json& json, const Schema& schema, std::string_view pass) {
  Options options;
  for (const auto& [key, value] : json.as_object(pass)) {
    bool known = false;
    std::string names;
    const auto try_field = [&](const auto& each) {
      names += fmt::format("{}{}", names.empty() ? "" : ", ", each.name);
      if (each.name != key) return;
      detail::assign(options.*each.member, value, each.name);
      known = true;
    };
    std::apply([&](const auto&... each) { (try_field(each), ...); }, schema);
    if (!known) fail(ErrorCode::invalid_argument, "[{}] there is no option '{}'; there are {}", pass, key, names);
  }
  return options;
}

}  // namespace tightrope::recipe
