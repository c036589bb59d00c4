// config.json of transformers 4 (rope_theta, rope_scaling, torch_dtype) and 5 (rope_parameters, dtype), both ways.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "model/config.h"
#include "model/config_checks.h"

namespace tightrope::model {
namespace {

constexpr std::string_view kSource = "config.json";
// What transformers takes when config.json says nothing.
constexpr double kDefaultTheta = 10000, kDefaultEpsilon = 1e-6;
constexpr std::uint64_t kDefaultContext = 2048;

// Null when the key is absent or null.
const Json* present(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  return value && !value->is_null() ? value : nullptr;
}

std::string what(std::string_view key) { return fmt::format("{} in {}", key, kSource); }

std::uint64_t unsigned_at(const Json& config, std::string_view key) { return config.at(key, kSource).as_uint(what(key)); }
std::uint64_t unsigned_or(const Json& config, std::string_view key, std::uint64_t fallback) {
  const Json* value = present(config, key);
  return value ? value->as_uint(what(key)) : fallback;
}
double number_or(const Json& config, std::string_view key, double fallback) {
  const Json* value = present(config, key);
  return value ? value->as_double(what(key)) : fallback;
}
bool bool_or(const Json& config, std::string_view key, bool fallback) {
  const Json* value = present(config, key);
  return value ? value->as_bool(what(key)) : fallback;
}
std::string string_or(const Json& config, std::string_view key, std::string_view fallback) {
  const Json* value = present(config, key);
  return value ? value->as_string(what(key)) : std::string(fallback);
}

template <class... Arguments>
[[noreturn]] void unsupported(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  fail(ErrorCode::unsupported, "[config] {}: {}", kSource, fmt::format(text, std::forward<Arguments>(arguments)...));
}

RopeConfig::Scaling scaling_named(const std::string& type) {
  if (type == "default") return RopeConfig::Scaling::none;
  if (type == "linear") return RopeConfig::Scaling::linear;
  if (type == "yarn") return RopeConfig::Scaling::yarn;
  if (type == "llama3") return RopeConfig::Scaling::llama3;
  unsupported("the RoPE scaling '{}' is not supported; known are default, linear, llama3 and yarn", type);
}

// The share of the magnitude that grows with the context, as YaRN's authors fitted it.
double yarn_magnitude(double factor, double scale) { return factor <= 1 ? 1.0 : 0.1 * scale * std::log(factor) + 1.0; }

void read_yarn(const Json& parameters, const Config& config, RopeConfig& rope) {
  if (!bool_or(parameters, "truncate", true)) unsupported("YaRN with truncate = false is not supported");
  rope.factor = number_or(parameters, "factor", static_cast<double>(config.context) / static_cast<double>(rope.original_context));
  rope.beta_fast = number_or(parameters, "beta_fast", 32);
  rope.beta_slow = number_or(parameters, "beta_slow", 1);
  rope.attention_factor = number_or(parameters, "attention_factor", 0);
  const double scale = number_or(parameters, "mscale", 0), scale_all = number_or(parameters, "mscale_all_dim", 0);
  if (rope.attention_factor == 0 && scale != 0 && scale_all != 0)
    rope.attention_factor = yarn_magnitude(rope.factor, scale) / yarn_magnitude(rope.factor, scale_all);
}

void read_scaling(const Json& json, const Json& parameters, const Config& config, RopeConfig& rope) {
  const auto required = [&](std::string_view key) { return parameters.at(key, "RoPE's parameters in config.json").as_double(what(key)); };
  const std::uint64_t original = unsigned_or(parameters, "original_max_position_embeddings", config.context);
  switch (rope.scaling) {
    case RopeConfig::Scaling::none: return;
    case RopeConfig::Scaling::linear: rope.factor = required("factor"); return;
    case RopeConfig::Scaling::yarn:
      rope.original_context = unsigned_or(json, "original_max_position_embeddings", original);
      check_extent(rope.original_context, std::uint64_t{1} << 28, what("original_max_position_embeddings"));
      return read_yarn(parameters, config, rope);
    case RopeConfig::Scaling::llama3:
      rope.original_context = unsigned_or(json, "original_max_position_embeddings", original);
      rope.factor = required("factor");
      rope.low_frequency_factor = required("low_freq_factor");
      rope.high_frequency_factor = required("high_freq_factor");
      return;
  }
}

RopeConfig read_rope(const Json& json, const Config& config) {
  RopeConfig rope;
  const Json* found = present(json, "rope_scaling");
  if (!found) found = present(json, "rope_parameters");
  const Json parameters = found ? *found : Json::object();
  for (const auto& [key, value] : parameters.as_object("RoPE's parameters in config.json"))
    if (value.is_object()) unsupported("RoPE parameters that differ between kinds of blocks ('{}') are not supported", key);
  rope.theta = number_or(parameters, "rope_theta", number_or(json, "rope_theta", kDefaultTheta));
  if (number_or(parameters, "partial_rotary_factor", number_or(json, "partial_rotary_factor", 1)) != 1)
    unsupported("partial rotary embeddings are not supported");
  rope.scaling = scaling_named(string_or(parameters, "rope_type", string_or(parameters, "type", "default")));
  read_scaling(json, parameters, config, rope);
  return rope;
}

void refuse_unsupported(const Json& json) {
  if (const std::string activation = string_or(json, "hidden_act", "silu"); activation != "silu" && activation != "swish")
    unsupported("the activation '{}' is not supported; known is silu", activation.substr(0, 64));
  const bool may_slide = bool_or(json, "use_sliding_window", present(json, "sliding_window") != nullptr);
  if (may_slide) unsupported("sliding-window attention is not supported");
  if (present(json, "quantization_config"))
    unsupported("its weights are quantised by another tool (quantization_config), which is not supported; start from the original model");
  if (const Json* types = present(json, "layer_types"))
    for (const Json& type : types->as_array(what("layer_types")))
      if (type.as_string(what("layer_types")) != "full_attention")
        unsupported("blocks of type '{}' are not supported", type.as_string(what("layer_types")).substr(0, 64));
}

std::int64_t token_or_none(const Json& json, std::string_view key) {
  const Json* value = present(json, key);
  return value && value->is_integer() ? value->as_int(what(key)) : -1;
}

void read_tokens(const Json& json, Config& config) {
  config.bos = token_or_none(json, "bos_token_id");
  config.padding = token_or_none(json, "pad_token_id");
  if (const Json* eos = present(json, "eos_token_id")) {
    if (!eos->is_array())
      config.eos.push_back(eos->as_int(what("eos_token_id")));
    else
      for (const Json& id : eos->as_array(what("eos_token_id"))) config.eos.push_back(id.as_int(what("eos_token_id")));
  }
}

std::uint64_t head_size(const Json& json, const Config& config) {
  if (const Json* given = present(json, "head_dim")) return given->as_uint(what("head_dim"));
  if (config.heads == 0 || config.model % config.heads != 0)
    fail(ErrorCode::malformed, "[config] {}: hidden_size {} is no multiple of num_attention_heads {}, and there is no head_dim", kSource,
         config.model, config.heads);
  return config.model / config.heads;
}

Json rope_json(const RopeConfig& rope) {
  using Scaling = RopeConfig::Scaling;
  Json json = Json::object();
  json["rope_theta"] = Json(rope.theta);
  json["rope_type"] = Json("default");
  if (rope.scaling == Scaling::none) return json;
  json["rope_type"] = Json(rope.scaling == Scaling::linear ? "linear" : rope.scaling == Scaling::yarn ? "yarn" : "llama3");
  json["factor"] = Json(rope.factor);
  if (rope.scaling != Scaling::linear) json["original_max_position_embeddings"] = Json(rope.original_context);
  if (rope.scaling == Scaling::llama3) {
    json["low_freq_factor"] = Json(rope.low_frequency_factor);
    json["high_freq_factor"] = Json(rope.high_frequency_factor);
  }
  if (rope.scaling == Scaling::yarn) {
    if (rope.beta_fast != 32) json["beta_fast"] = Json(rope.beta_fast);
    if (rope.beta_slow != 1) json["beta_slow"] = Json(rope.beta_slow);
    if (rope.attention_factor != 0) json["attention_factor"] = Json(rope.attention_factor);
  }
  return json;
}

Json eos_json(const std::vector<std::int64_t>& eos) {
  if (eos.empty()) return nullptr;
  if (eos.size() == 1) return eos.front();
  Json list = Json::array();
  for (const std::int64_t id : eos) list.push_back(id);
  return list;
}

Json token_json(std::int64_t id) { return id < 0 ? Json(nullptr) : Json(id); }

bool any_bias(const Arch& arch, Bias kind) {
  return std::any_of(arch.tensors.begin(), arch.tensors.end(), [&](const TensorSpec& spec) { return spec.bias == kind; });
}

}  // namespace

Config read_hf_config(const Json& json) {
  json.as_object(kSource);
  refuse_unsupported(json);
  Config config;
  config.vocab = unsigned_at(json, "vocab_size");
  config.model = unsigned_at(json, "hidden_size");
  config.blocks = unsigned_at(json, "num_hidden_layers");
  config.heads = unsigned_at(json, "num_attention_heads");
  config.kv_heads = unsigned_or(json, "num_key_value_heads", config.heads);
  config.ffn = unsigned_at(json, "intermediate_size");
  config.context = unsigned_or(json, "max_position_embeddings", kDefaultContext);
  config.head = head_size(json, config);
  config.norm_epsilon = number_or(json, "rms_norm_eps", kDefaultEpsilon);
  config.tied = bool_or(json, "tie_word_embeddings", false);
  config.attention_bias = bool_or(json, "attention_bias", false);
  config.mlp_bias = bool_or(json, "mlp_bias", false);
  config.dtype = string_or(json, "dtype", string_or(json, "torch_dtype", ""));
  config.rope = read_rope(json, config);
  read_tokens(json, config);
  if (json.find("auto_map"))
    config.notices.emplace_back("config.json names Python code of its own (auto_map); it was ignored, the built-in architecture is used");
  check_config(config, kSource);
  return config;
}

Json write_hf_config(const Arch& arch, const Config& config) {
  if (!config.rope.divisors.empty())
    fail(ErrorCode::unsupported, "[config] this GGUF scales RoPE by a table that is no scaling config.json can name; keep it a GGUF");
  Json json = Json::object();
  json["architectures"] = Json::array();
  json["architectures"].push_back(arch.hf_classes.front());
  if (any_bias(arch, Bias::attention_bias)) json["attention_bias"] = Json(config.attention_bias);
  json["bos_token_id"] = token_json(config.bos);
  if (!config.dtype.empty()) json["dtype"] = Json(config.dtype);
  json["eos_token_id"] = eos_json(config.eos);
  json["head_dim"] = Json(config.head);
  json["hidden_act"] = Json("silu");
  json["hidden_size"] = Json(config.model);
  json["intermediate_size"] = Json(config.ffn);
  json["max_position_embeddings"] = Json(config.context);
  if (any_bias(arch, Bias::mlp_bias)) json["mlp_bias"] = Json(config.mlp_bias);
  json["model_type"] = Json(arch.hf_model_type);
  json["num_attention_heads"] = Json(config.heads);
  json["num_hidden_layers"] = Json(config.blocks);
  json["num_key_value_heads"] = Json(config.kv_heads);
  json["pad_token_id"] = token_json(config.padding);
  json["rms_norm_eps"] = Json(config.norm_epsilon);
  json["rope_parameters"] = rope_json(config.rope);
  // transformers 4 looks for these three.
  if (config.rope.scaling != RopeConfig::Scaling::none) json["rope_scaling"] = rope_json(config.rope);
  json["rope_theta"] = Json(config.rope.theta);
  json["tie_word_embeddings"] = Json(config.tied);
  if (!config.dtype.empty()) json["torch_dtype"] = Json(config.dtype);
  json["use_cache"] = Json(true);
  json["vocab_size"] = Json(config.vocab);
  return json;
}

}  // namespace tightrope::model
