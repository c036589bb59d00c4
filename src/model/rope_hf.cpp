// RoPE in a config.json: flat or one set for each kind of block, by the names of transformers 4 and 5.
#include <algorithm>
#include <cmath>

#include "model/config_checks.h"
#include "model/hf_keys.h"

namespace tightrope::model {
namespace {

using Scaling = RopeConfig::Scaling;

constexpr double kDefaultTheta = 10000;
constexpr std::string_view kPart = "RoPE's parameters in config.json";

struct ScalingName {
  std::string_view name;
  Scaling scaling;
};
// The first name of each is the one that is written.
constexpr ScalingName kScalingNames[] = {{"default", Scaling::none}, {"linear", Scaling::linear}, {"dynamic", Scaling::dynamic},
                                         {"yarn", Scaling::yarn},    {"llama3", Scaling::llama3}, {"longrope", Scaling::longrope},
                                         {"su", Scaling::longrope}};

Scaling scaling_named(const std::string& type) {
  std::string known;
  for (const ScalingName& each : kScalingNames) {
    if (each.name == type) return each.scaling;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", each.name);
  }
  unsupported_in_config("the RoPE scaling '{}' is not supported; known are {}", type.substr(0, 64), known);
}

// One set of parameters, and the whole file for keys that stand beside it.
struct Parameters {
  const HfKeys& keys;
  const Json& set;

  const Json* find(std::string_view key) const {
    const Json* value = set.find(key);
    return value != nullptr && !value->is_null() ? value : nullptr;
  }
  std::string what(std::string_view key) const { return fmt::format("{} in {}", key, kPart); }
  double number_or(std::string_view key, double fallback) const {
    const Json* value = find(key);
    return value != nullptr ? value->as_double(what(key)) : fallback;
  }
  double required(std::string_view key) const { return set.at(key, kPart).as_double(what(key)); }
  std::string string_or(std::string_view key, std::string_view fallback) const {
    const Json* value = find(key);
    return value != nullptr ? value->as_string(what(key)) : std::string(fallback);
  }
  bool bool_or(std::string_view key, bool fallback) const {
    const Json* value = find(key);
    return value != nullptr ? value->as_bool(what(key)) : fallback;
  }
  std::uint64_t original_context(std::uint64_t context) const {
    const Json* value = find("original_max_position_embeddings");
    if (value != nullptr) context = value->as_uint(what("original_max_position_embeddings"));
    context = keys.unsigned_or("original_max_position_embeddings", context);
    check_extent(context, std::uint64_t{1} << 28, what("original_max_position_embeddings"));
    return context;
  }
  std::vector<float> factors(std::string_view key) const {
    std::vector<float> values;
    for (const Json& value : set.at(key, kPart).as_array(what(key))) values.push_back(static_cast<float>(value.as_double(what(key))));
    return values;
  }
};

// The share of the magnitude that grows with the context, as YaRN's authors fitted it.
double yarn_magnitude(double factor, double scale) { return factor <= 1 ? 1.0 : 0.1 * scale * std::log(factor) + 1.0; }

void read_yarn(const Parameters& from, const Config& config, RopeConfig& rope) {
  rope.original_context = from.original_context(config.context);
  rope.truncate = from.bool_or("truncate", true);
  rope.factor = from.number_or("factor", static_cast<double>(config.context) / static_cast<double>(rope.original_context));
  rope.beta_fast = from.number_or("beta_fast", 32);
  rope.beta_slow = from.number_or("beta_slow", 1);
  rope.attention_factor = from.number_or("attention_factor", 0);
  const double scale = from.number_or("mscale", 0), scale_all = from.number_or("mscale_all_dim", 0);
  if (rope.attention_factor == 0 && scale != 0 && scale_all != 0)
    rope.attention_factor = yarn_magnitude(rope.factor, scale) / yarn_magnitude(rope.factor, scale_all);
}

void read_scaling(const Parameters& from, const Config& config, RopeConfig& rope) {
  switch (rope.scaling) {
    case Scaling::none: return;
    case Scaling::linear: rope.factor = from.required("factor"); return;
    case Scaling::dynamic:
      rope.factor = from.required("factor");
      rope.original_context = from.original_context(config.context);
      return;
    case Scaling::yarn: return read_yarn(from, config, rope);
    case Scaling::llama3:
      rope.original_context = from.original_context(config.context);
      rope.factor = from.required("factor");
      rope.low_frequency_factor = from.required("low_freq_factor");
      rope.high_frequency_factor = from.required("high_freq_factor");
      return;
    case Scaling::longrope:
      rope.original_context = from.original_context(config.context);
      rope.short_factors = from.factors("short_factor");
      rope.long_factors = from.factors("long_factor");
      rope.factor = from.number_or("factor", 1);
      rope.attention_factor = from.number_or("attention_factor", 0);
      return;
  }
}

RopeConfig read_set(const HfKeys& keys, const Json& set, double theta, const Config& config) {
  const Parameters from{keys, set};
  RopeConfig rope;
  rope.theta = from.number_or("rope_theta", theta);
  rope.scaling = scaling_named(from.string_or("rope_type", from.string_or("type", "default")));
  read_scaling(from, config, rope);
  return rope;
}

// The head's dimensions that are turned: the whole number that transformers rounds down to.
std::uint64_t turned_dimensions(const HfKeys& keys, const Json& set, const Config& config) {
  const double share = Parameters{keys, set}.number_or("partial_rotary_factor", keys.number_or("partial_rotary_factor", 1));
  if (!(share > 0 && share <= 1))
    fail(ErrorCode::malformed, "[config] {}: partial_rotary_factor is {}, not above 0 and at most 1; correct it", kConfigJson, share);
  return static_cast<std::uint64_t>(static_cast<double>(config.head) * share);
}

Json set_json(const RopeConfig& rope) {
  Json json = Json::object();
  json["rope_theta"] = Json(rope.theta);
  for (const ScalingName& each : kScalingNames)
    if (each.scaling == rope.scaling && json.find("rope_type") == nullptr) json["rope_type"] = Json(each.name);
  if (rope.scaling == Scaling::none) return json;
  if (rope.scaling != Scaling::longrope || rope.factor != 1) json["factor"] = Json(rope.factor);
  if (rope.scaling != Scaling::linear) json["original_max_position_embeddings"] = Json(rope.original_context);
  if (rope.scaling == Scaling::llama3) {
    json["low_freq_factor"] = Json(rope.low_frequency_factor);
    json["high_freq_factor"] = Json(rope.high_frequency_factor);
  }
  for (const auto& [key, factors] : {std::pair("short_factor", &rope.short_factors), std::pair("long_factor", &rope.long_factors)})
    for (const float factor : *factors) json[key].push_back(Json(as_written(factor)));
  if (rope.scaling == Scaling::yarn) {
    if (rope.beta_fast != 32) json["beta_fast"] = Json(rope.beta_fast);
    if (rope.beta_slow != 1) json["beta_slow"] = Json(rope.beta_slow);
    if (!rope.truncate) json["truncate"] = Json(false);
  }
  if (rope.attention_factor != 0) json["attention_factor"] = Json(rope.attention_factor);
  return json;
}

}  // namespace

void read_hf_rope(const HfKeys& keys, Config& config) {
  if (keys.arch().block.attention.rope == Rope::none) return;
  const Json* given = keys.find("rope_scaling");
  if (given == nullptr) given = keys.find("rope_parameters");
  const Json nothing = Json::object();
  const Json& parameters = given != nullptr ? *given : nothing;
  const bool may_differ = keys.knows("local_rope_theta");
  for (const auto& [key, value] : parameters.as_object(kPart))
    if (value.is_object() && !may_differ)
      unsupported_in_config("RoPE parameters that differ between kinds of blocks ('{}') are not known of {}", key.substr(0, 64),
                            keys.arch().name);
  const Json* full = parameters.find("full_attention");
  const Json& global = full != nullptr ? *full : parameters;
  config.rope = read_set(keys, global, keys.number_or("rope_theta", kDefaultTheta), config);
  config.rope_dimensions = turned_dimensions(keys, global, config);
  if (!may_differ) return;
  const Json* sliding = parameters.find("sliding_attention");
  config.local_rope = read_set(keys, sliding != nullptr ? *sliding : nothing, keys.number_or("local_rope_theta", kDefaultTheta), config);
}

void write_hf_rope(const Arch& arch, const Config& config, Json& json) {
  if (arch.block.attention.rope == Rope::none) return;
  if (!config.rope.divisors.empty())
    fail(ErrorCode::unsupported, "[config] this GGUF scales RoPE by a table that is no scaling config.json can name; keep it a GGUF");
  Json set = set_json(config.rope);
  double share = static_cast<double>(config.rope_dimensions) / static_cast<double>(config.head);
  // Readers round the product down.
  while (static_cast<std::uint64_t>(share * static_cast<double>(config.head)) < config.rope_dimensions) share = std::nextafter(share, 2.0);
  if (share != 1) {
    set["partial_rotary_factor"] = Json(share);
    json[own_key(arch, "partial_rotary_factor")] = Json(share);  // transformers 4 looks here
  }
  json[own_key(arch, "rope_theta")] = Json(config.rope.theta);
  if (config.rope.scaling != Scaling::none) json["rope_scaling"] = set;
  if (config.rope.original_context != 0 &&
      (config.rope.scaling == Scaling::longrope || json.find("original_max_position_embeddings") != nullptr))
    json["original_max_position_embeddings"] = Json(config.rope.original_context);
  if (!config.local_rope) {
    json["rope_parameters"] = std::move(set);
    return;
  }
  json[own_key(arch, "local_rope_theta")] = Json(config.local_rope->theta);
  json["rope_parameters"] = Json::object();
  json["rope_parameters"]["full_attention"] = std::move(set);
  json["rope_parameters"]["sliding_attention"] = set_json(*config.local_rope);
}

}  // namespace tightrope::model
