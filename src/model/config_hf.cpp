// config.json of transformers 4 (rope_theta, rope_scaling, torch_dtype) and 5 (rope_parameters, dtype), read.
#include <algorithm>
#include <cmath>
#include <utility>

#include "base/checked.h"
#include "model/config.h"
#include "model/config_checks.h"
#include "model/hf_keys.h"
#include "model/tensor_plan.h"

namespace tightrope::model {
namespace {

// What transformers takes when config.json says nothing.
constexpr double kDefaultEpsilon = 1e-6;
constexpr std::uint64_t kDefaultContext = 2048;
constexpr std::string_view kSliding = "sliding_attention", kFull = "full_attention";

Activation activation_named(const std::string& name) {
  for (const ActivationName& known : kActivationNames)
    if (known.name == name) return known.activation;
  std::string names;
  for (const ActivationName& known : kActivationNames) names += fmt::format("{}{}", names.empty() ? "" : ", ", known.name);
  unsupported_in_config("the activation '{}' is not supported; known are {}", name.substr(0, 64), names);
}

// Keys that switch on something that this family is not known to have.
void refuse_unsupported(const HfKeys& keys) {
  if (const Json* quantised = keys.json().find("quantization_config"); quantised != nullptr && !quantised->is_null())
    unsupported_in_config(
        "its weights are quantised by another tool (quantization_config), which is not supported; start from the original model");
  const Json only = Json::parse(keys.arch().hf_only, keys.arch().name);
  for (const auto& [key, value] : only.as_object(keys.arch().name)) {
    const Json* given = keys.json().find(key);
    if (given != nullptr && !given->is_null() && given->dump() != value.dump())
      unsupported_in_config("{} is {}, which is not supported for {}; known is {}", key, given->dump().substr(0, 64), keys.arch().name,
                            value.dump());
  }
}

// A stated extent is not zero; only token types may be none.
std::uint64_t stated_extent(const HfKeys& keys, const UnsignedField& field) {
  const std::uint64_t value = keys.unsigned_at(field.key);
  if (field.value != &Config::types) check_extent(value, std::uint64_t{1} << 28, keys.what(field.key));
  return value;
}

void read_fields(const HfKeys& keys, Config& config) {
  for (const UnsignedField& field : kUnsignedFields)
    if (field.required)
      config.*field.value = keys.unsigned_at(field.key);
    else if ((!field.particular || keys.knows(field.key)) && keys.find(field.key) != nullptr)
      config.*field.value = stated_extent(keys, field);
  for (const NumberField& field : kNumberFields) config.*field.value = keys.number_or(field.key, 0);
  for (const BoolField& field : kBoolFields) config.*field.value = keys.bool_or(field.key, config.*field.value);
  if (keys.find("rms_norm_eps") == nullptr) config.norm_epsilon = kDefaultEpsilon;
  if (config.context == 0 && keys.find("max_position_embeddings") == nullptr) config.context = kDefaultContext;
  if (keys.find("intermediate_size") == nullptr && keys.arch().ffn_multiple != 0)
    config.ffn = checked_multiply(config.model, keys.arch().ffn_multiple, "the feed-forward size");
}

std::uint64_t head_size(const HfKeys& keys, const Config& config) {
  if (keys.find("head_dim") != nullptr) return keys.unsigned_at("head_dim");
  const std::uint64_t width = config.bottleneck;
  if (config.heads == 0 || width % config.heads != 0)
    fail(ErrorCode::malformed, "[config] {}: {} {} is no multiple of {} {}, and there is no head_dim", kConfigJson,
         own_key(keys.arch(), "hidden_size"), width, own_key(keys.arch(), "num_attention_heads"), config.heads);
  return width / config.heads;
}

std::uint64_t read_stacked(const HfKeys& keys) {
  const std::uint64_t networks = keys.unsigned_at("num_feedforward_networks");
  check_extent(networks, std::uint64_t{1} << 12, keys.what("num_feedforward_networks"));
  return networks - 1;
}

void read_learned_positions(const HfKeys& keys, Config& config) {
  if (!has_tensor(keys.arch(), "embed.positions")) return;
  config.positions = config.context;
  if (!keys.arch().embedding.positions_after_padding) return;
  if (config.padding < -1 || (config.padding >= 0 && std::cmp_greater_equal(config.padding, config.vocab)))
    fail(ErrorCode::malformed, "[config] {}: the padding token {}, after which positions are counted, is none of the {} tokens",
         kConfigJson, config.padding, config.vocab);
  const std::uint64_t taken = static_cast<std::uint64_t>(config.padding + 1);
  if (taken >= config.positions)
    fail(ErrorCode::malformed, "[config] {}: the padding token {} leaves no position of {}", kConfigJson, config.padding, config.positions);
  config.context = config.positions - taken;
}

std::vector<bool> sliding_blocks(const HfKeys& keys, const Config& config, const std::vector<bool>& turned) {
  std::vector<bool> sliding(config.blocks);
  const WindowSpec& spec = keys.arch().block.attention.window;
  if (const Json* types = keys.find("layer_types")) {
    const Json::Array& list = types->as_array(keys.what("layer_types"));
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string& type = list[i].as_string(keys.what("layer_types"));
      if (type != kSliding && type != kFull)
        unsupported_in_config("blocks of type '{}' are not supported; known are {} and {}", type.substr(0, 64), kFull, kSliding);
      if (i < sliding.size()) sliding[i] = type == kSliding;
    }
    if (list.size() != config.blocks)
      fail(ErrorCode::malformed, "[config] {}: layer_types describes {} blocks, the model has {}", kConfigJson, list.size(), config.blocks);
    return sliding;
  }
  if (!spec.enabled_by.empty() && !keys.bool_or(spec.enabled_by, false)) return sliding;
  const std::uint64_t period = spec.period_key.empty() ? spec.period : keys.unsigned_or(spec.period_key, spec.period);
  check_extent(period, config.blocks + (std::uint64_t{1} << 16), keys.what(spec.period_key));
  const std::uint64_t first_late = keys.unsigned_or("max_window_layers", config.blocks);
  for (std::size_t i = 0; i < config.blocks; ++i) sliding[i] = slides_by_rule(spec, period, first_late, i, turned[i]);
  return sliding;
}

// Whether each block's heads are turned at all.
std::vector<bool> turned_blocks(const HfKeys& keys, const Config& config) {
  std::vector<bool> turned(config.blocks, keys.arch().block.attention.rope != Rope::none);
  if (const Json* list = keys.find("no_rope_layers")) {
    const Json::Array& flags = list->as_array(keys.what("no_rope_layers"));
    if (flags.size() != config.blocks)
      fail(ErrorCode::malformed, "[config] {}: no_rope_layers describes {} blocks, the model has {}", kConfigJson, flags.size(),
           config.blocks);
    for (std::size_t i = 0; i < flags.size(); ++i) turned[i] = flags[i].as_uint(keys.what("no_rope_layers")) != 0;
  } else if (const std::uint64_t interval = keys.unsigned_or("no_rope_layer_interval", 0); interval != 0) {
    for (std::size_t i = 0; i < config.blocks; ++i) turned[i] = (i + 1) % interval != 0;
  }
  return turned;
}

void read_variants(const HfKeys& keys, Config& config) {
  const WindowSpec& spec = keys.arch().block.attention.window;
  const std::uint64_t window = keys.unsigned_or(spec.key, 0);
  const std::vector<bool> turned = turned_blocks(keys, config), sliding = sliding_blocks(keys, config, turned);
  if (spec.rule == WindowSpec::Rule::never && keys.bool_or("use_sliding_window", window != 0))
    unsupported_in_config("sliding-window attention is not known of {}", keys.arch().name);
  config.variants.assign(config.blocks, {});
  for (std::size_t i = 0; i < config.blocks; ++i) {
    BlockVariant& variant = config.variants[i];
    if (sliding[i]) variant.window = window;
    if (!turned[i])
      variant.positions = BlockVariant::Positions::none;
    else if (sliding[i] && config.local_rope)
      variant.positions = BlockVariant::Positions::local;
  }
}

std::int64_t token_or_none(const HfKeys& keys, std::string_view key) {
  const Json* value = keys.find(key);
  return value != nullptr && value->is_integer() ? value->as_int(keys.what(key)) : -1;
}

void read_tokens(const HfKeys& keys, Config& config) {
  config.bos = token_or_none(keys, "bos_token_id");
  config.padding = token_or_none(keys, "pad_token_id");
  if (const Json* eos = keys.find("eos_token_id")) {
    if (!eos->is_array())
      config.eos.push_back(eos->as_int(keys.what("eos_token_id")));
    else
      for (const Json& id : eos->as_array(keys.what("eos_token_id"))) config.eos.push_back(id.as_int(keys.what("eos_token_id")));
  }
}

const HeadSpec& head_of(const HfKeys& keys) {
  const Json* classes = keys.json().find("architectures");
  if (classes == nullptr || classes->is_null()) return keys.arch().heads.front();
  const Json::Array& names = classes->as_array("architectures in config.json");
  if (names.empty()) return keys.arch().heads.front();
  return head_for_class(keys.arch(), names.front().as_string("architectures in config.json"));
}

constexpr std::uint64_t kMaxLabels = 100'000;

// id2label is an object from decimal ids to names.
void read_labels(const HfKeys& keys, Config& config) {
  const Json* names = keys.find("id2label");
  std::uint64_t count = keys.unsigned_or("num_labels", 2);
  if (names != nullptr) count = names->as_object(keys.what("id2label")).size();
  check_extent(count, kMaxLabels, keys.what("the number of labels"));
  config.problem_type = keys.string_or("problem_type", "");
  for (std::uint64_t i = 0; i < count; ++i) {
    const Json* label = names == nullptr ? nullptr : names->find(std::to_string(i));
    config.labels.push_back(label == nullptr ? fmt::format("LABEL_{}", i) : label->as_string(keys.what("id2label")));
  }
}

void read_output(const HfKeys& keys, Config& config) {
  config.output = &head_of(keys);
  const Activation head = config.output->activation;
  const std::string_view key = keys.find("head_activation") != nullptr ? "head_activation" : "hidden_act";
  config.head_activation = head == Activation::configured ? activation_named(keys.string_or(key, "gelu")) : head;
  const HeadSpec::Kind kind = config.output->kind;
  if (kind == HeadSpec::Kind::sequence || kind == HeadSpec::Kind::tokens || kind == HeadSpec::Kind::span) read_labels(keys, config);
  config.mean_pooling = keys.string_or("classifier_pooling", "cls") == "mean";
  if (kind != HeadSpec::Kind::causal_lm && kind != HeadSpec::Kind::masked_lm) config.tied = false;
}

}  // namespace

Config read_hf_config(const Arch& arch, const Json& json) {
  json.as_object(kConfigJson);
  const HfKeys keys(arch, json);
  refuse_unsupported(keys);
  Config config;
  config.parallel = arch.block.parallel;
  read_tokens(keys, config);
  read_fields(keys, config);
  complete_config(config);
  check_extent(config.blocks, std::uint64_t{1} << 12, keys.what("num_hidden_layers"));
  config.head = head_size(keys, config);
  if (keys.knows("num_feedforward_networks")) config.stacked = read_stacked(keys);
  config.activation = activation_named(keys.string_or("hidden_act", "silu"));
  if (const double scalar = keys.number_or("query_pre_attn_scalar", 0); scalar > 0) config.attention_scale = 1 / std::sqrt(scalar);
  config.dtype = keys.string_or("dtype", keys.string_or("torch_dtype", ""));
  read_output(keys, config);
  read_learned_positions(keys, config);
  read_hf_rope(keys, config);
  read_variants(keys, config);
  if (json.find("auto_map") != nullptr)
    config.notices.emplace_back("config.json names Python code of its own (auto_map); it was ignored, the built-in architecture is used");
  check_config(config, kConfigJson);
  return config;
}

}  // namespace tightrope::model
