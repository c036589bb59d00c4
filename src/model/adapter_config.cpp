// Keys of adapter_config.json: those that count, those that only concern training, and those that must be off.
#include "model/adapter_config.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace tightrope::model {
namespace {

constexpr std::string_view kWhat = "adapter_config.json";
constexpr std::uint64_t kMaxRank = std::uint64_t{1} << 16;

// What is read below.
constexpr std::string_view kRead[] = {
    "peft_type",        "r", "lora_alpha", "use_rslora", "use_dora", "bias", "rank_pattern", "alpha_pattern", "fan_in_fan_out",
    "init_lora_weights"};

// How the adapter was made, or which modules were chosen; the tensors say the latter too.
constexpr std::string_view kOfTraining[] = {"auto_mapping",
                                            "base_model_name_or_path",
                                            "corda_config",
                                            "ensure_weight_tying",
                                            "eva_config",
                                            "exclude_modules",
                                            "inference_mode",
                                            "layers_pattern",
                                            "layers_to_transform",
                                            "loftq_config",
                                            "lora_dropout",
                                            "lora_ga_config",
                                            "megatron_core",
                                            "peft_version",
                                            "qalora_group_size",
                                            "revision",
                                            "runtime_config",
                                            "target_modules",
                                            "task_type"};

// Starting points that leave the base's weights as they are. Others (pissa, olora, loftq, …) take a part out of them.
constexpr std::string_view kStarts[] = {"gaussian", "eva", "orthogonal"};

template <class List>
bool holds(const List& list, std::string_view key) {
  return std::find(std::begin(list), std::end(list), key) != std::end(list);
}

std::string shown(const Json& value) { return value.dump().substr(0, 64); }

// Null, false, or an empty list or object.
bool is_off(const Json& value) {
  if (value.is_bool()) return !value.as_bool(kWhat);
  if (value.is_array()) return value.as_array(kWhat).empty();
  if (value.is_object()) return value.as_object(kWhat).empty();
  return value.is_null();
}

[[noreturn]] void fail_unsupported(std::string_view key, const Json& value, std::string_view known) {
  fail(ErrorCode::unsupported, "[adapter] {}: {} is {}, which is not supported; {}", kWhat, key, shown(value), known);
}

bool bool_at(const Json& json, std::string_view key) {
  const Json* value = json.find(key);
  return value != nullptr && !value->is_null() && value->as_bool(fmt::format("{} in {}", key, kWhat));
}

void check_type(const Json& json) {
  const Json& type = json.at("peft_type", kWhat);
  if (type.as_string("peft_type in adapter_config.json") != "LORA")
    fail_unsupported("peft_type", type, "supported is LORA (plain, rsLoRA and DoRA)");
}

void check_others(const Json& json) {
  for (const auto& [key, value] : json.as_object(kWhat))
    if (!holds(kRead, key) && !holds(kOfTraining, key) && !is_off(value))
      fail_unsupported(key.substr(0, 64), value, "supported are low-rank pairs on linear layers and embeddings (LoRA, rsLoRA, DoRA) alone");
  if (const Json* bias = json.find("bias"); bias != nullptr && bias->as_string("bias in adapter_config.json") != "none")
    fail_unsupported("bias", *bias, "supported is \"none\"");
  const Json* start = json.find("init_lora_weights");
  if (start != nullptr && start->is_string() && !holds(kStarts, start->as_string(kWhat)))
    fail_unsupported(
        "init_lora_weights", *start,
        "such an adapter changes its base as well; convert it to a plain one first (PEFT's path_initial_model_for_weight_conversion)");
  bool_at(json, "fan_in_fan_out");  // the base knows how it stores its weights; PEFT corrects the key by it, too
}

// Patterns are regular expressions; those of plain module paths are understood.
std::vector<std::pair<std::string, double>> read_patterns(const Json& json, std::string_view key) {
  std::vector<std::pair<std::string, double>> patterns;
  const Json* given = json.find(key);
  if (given == nullptr || given->is_null()) return patterns;
  const std::string what = fmt::format("{} in {}", key, kWhat);
  for (const auto& [pattern, value] : given->as_object(what)) {
    const bool expression = pattern.find_first_of("*+?[](){}|\\$") != std::string::npos || pattern.find('^', 1) != std::string::npos;
    if (expression)
      fail(ErrorCode::unsupported, "[adapter] {}: the pattern '{}' is a regular expression; supported are module paths and their ends",
           what, pattern.substr(0, 64));
    patterns.emplace_back(pattern, value.as_double(what));
  }
  return patterns;
}

bool fits(std::string_view pattern, std::string_view module) {
  if (pattern.starts_with('^')) return module == pattern.substr(1);
  return module == pattern || (module.ends_with(pattern) && module.substr(0, module.size() - pattern.size()).ends_with('.'));
}

double value_for(const std::vector<std::pair<std::string, double>>& patterns, std::string_view module, double usual) {
  const auto found = std::find_if(patterns.begin(), patterns.end(), [&](const auto& each) { return fits(each.first, module); });
  return found == patterns.end() ? usual : found->second;
}

void check_rank(double rank) {
  if (!(rank >= 1 && rank <= static_cast<double>(kMaxRank)) || rank != std::floor(rank))
    fail(ErrorCode::malformed, "[adapter] {}: a rank is {}, no whole number from 1 to {}; the adapter is damaged", kWhat, rank, kMaxRank);
}

void check_alpha(double alpha) {
  if (!std::isfinite(static_cast<float>(alpha)))
    fail(ErrorCode::malformed, "[adapter] {}: lora_alpha is {}, beyond single precision; the adapter is damaged", kWhat, alpha);
}

}  // namespace

std::uint64_t AdapterConfig::rank_of(std::string_view module) const {
  return static_cast<std::uint64_t>(value_for(ranks, module, static_cast<double>(rank)));
}

double AdapterConfig::scale_of(std::string_view module) const {
  const auto divisor = static_cast<double>(rank_of(module));
  return value_for(alphas, module, alpha) / (rank_stabilised ? std::sqrt(divisor) : divisor);
}

AdapterConfig read_adapter_config(const Json& json) {
  json.as_object(kWhat);
  check_type(json);
  check_others(json);
  AdapterConfig config;
  config.ranks = read_patterns(json, "rank_pattern");
  config.alphas = read_patterns(json, "alpha_pattern");
  const double rank = json.at("r", kWhat).as_double("r in adapter_config.json");
  check_rank(rank);
  for (const auto& [pattern, value] : config.ranks) check_rank(value);
  config.rank = static_cast<std::uint64_t>(rank);
  config.alpha = json.at("lora_alpha", kWhat).as_double("lora_alpha in adapter_config.json");
  check_alpha(config.alpha);
  for (const auto& [pattern, value] : config.alphas) check_alpha(value);
  config.rank_stabilised = bool_at(json, "use_rslora");
  config.magnitudes = bool_at(json, "use_dora");
  return config;
}

}  // namespace tightrope::model
