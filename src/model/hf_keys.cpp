// Looking a key up: the file first, then what the family takes by default.
#include "model/hf_keys.h"

#include <algorithm>

namespace tightrope::model {

namespace {

const KeyAlias* alias_of(const Arch& arch, std::string_view usual) {
  const auto alias = std::ranges::find(arch.hf_keys, usual, &KeyAlias::usual);
  return alias == arch.hf_keys.end() ? nullptr : &*alias;
}

bool says_something(const Json* value) { return value != nullptr && !value->is_null(); }

}  // namespace

std::string_view own_key(const Arch& arch, std::string_view usual) {
  const KeyAlias* alias = alias_of(arch, usual);
  return alias == nullptr ? usual : alias->own;
}

HfKeys::HfKeys(const Arch& arch, const Json& json) : arch_(arch), json_(json), defaults_(Json::parse(arch.hf_defaults, arch.name)) {}

const Json* HfKeys::find(std::string_view usual) const {
  const std::string_view own = own_key(arch_, usual);
  const Json* value = json_.find(own);
  if (const Json* other = json_.find(usual); !says_something(value) && other != nullptr) value = other;
  if (value == nullptr) value = defaults_.find(own);
  return says_something(value) ? value : nullptr;
}

bool HfKeys::knows(std::string_view usual) const { return defaults_.find(own_key(arch_, usual)) != nullptr; }
std::string HfKeys::what(std::string_view usual) const { return fmt::format("{} in {}", own_key(arch_, usual), kConfigJson); }

std::uint64_t HfKeys::unsigned_at(std::string_view usual) const {
  if (const Json* value = find(usual)) return value->as_uint(what(usual));
  return json_.at(own_key(arch_, usual), kConfigJson).as_uint(what(usual));  // throws, naming the key
}
std::uint64_t HfKeys::unsigned_or(std::string_view usual, std::uint64_t fallback) const {
  const Json* value = find(usual);
  return value != nullptr ? value->as_uint(what(usual)) : fallback;
}
double HfKeys::number_or(std::string_view usual, double fallback) const {
  const Json* value = find(usual);
  return value != nullptr ? value->as_double(what(usual)) : fallback;
}
bool HfKeys::bool_or(std::string_view usual, bool fallback) const {
  const Json* value = find(usual);
  return value != nullptr ? value->as_bool(what(usual)) : fallback;
}
std::string HfKeys::string_or(std::string_view usual, std::string_view fallback) const {
  const Json* value = find(usual);
  if (value == nullptr) value = defaults_.find(own_key(arch_, usual));  // a word that is null is one left unsaid
  if (!says_something(value)) return std::string(fallback);
  const std::string& text = value->as_string(what(usual));
  const KeyAlias* alias = alias_of(arch_, usual);
  const bool by_usual = alias != nullptr && !alias->said.empty() && value == json_.find(usual);
  return by_usual && text == alias->said ? std::string(alias->meant) : text;
}

bool slides_by_rule(const WindowSpec& spec, std::uint64_t period, std::uint64_t first_late, std::uint64_t block, bool turned) {
  switch (spec.rule) {
    case WindowSpec::Rule::never: return false;
    case WindowSpec::Rule::always: return true;
    case WindowSpec::Rule::full_last: return (block + 1) % period != 0;
    case WindowSpec::Rule::full_first: return block % period != 0;
    case WindowSpec::Rule::late_blocks: return block >= first_late;
    case WindowSpec::Rule::unturned: return !turned;
  }
  return false;
}

}  // namespace tightrope::model
