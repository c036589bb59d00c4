// config.json written: the usual keys in the family's spelling, so that transformers 4 and 5 both read it.
#include <algorithm>
#include <cmath>

#include "model/hf_keys.h"
#include "model/tensor_plan.h"

namespace tightrope::model {
namespace {

Json eos_json(const std::vector<std::int64_t>& eos) {
  if (eos.empty()) return nullptr;
  if (eos.size() == 1) return eos.front();
  Json list = Json::array();
  for (const std::int64_t id : eos) list.push_back(id);
  return list;
}

Json token_json(std::int64_t id) { return id < 0 ? Json(nullptr) : Json(id); }

// transformers 5 refuses 8.0 where it wants 8.
Json whole_where_it_is(double value) {
  return value == std::floor(value) && std::fabs(value) < 1e9 ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

// The class whose weights are those that are written: a class for pre-training has a second head, which no model here carries.
std::string_view class_of(const Arch& arch, const HeadSpec& output) {
  const auto same = [&](const HeadSpec& head) { return head.kind == output.kind && head.tensors.data() == output.tensors.data(); };
  const auto first = std::find_if(arch.heads.begin(), arch.heads.end(), same);
  return first == arch.heads.end() ? output.hf_class : first->hf_class;
}

bool any_bias(const Arch& arch, Bias kind) {
  return std::any_of(arch.tensors.begin(), arch.tensors.end(), [&](const TensorSpec& spec) { return spec.bias == kind; });
}

// The name the family's default uses, when it means the same; otherwise the first there is.
std::string_view activation_name(const HfKeys& keys, Activation activation) {
  const std::string usual = keys.string_or("hidden_act", "");
  std::string_view name;
  for (const ActivationName& each : kActivationNames) {
    if (each.activation != activation) continue;
    if (each.name == usual) return each.name;
    if (name.empty()) name = each.name;
  }
  return name;
}

void write_fields(const HfKeys& keys, const Config& config, Json& json) {
  const auto set = [&](std::string_view usual, Json value) { json[own_key(keys.arch(), usual)] = std::move(value); };
  for (const UnsignedField& field : kUnsignedFields)
    if (!field.particular || keys.knows(field.key)) set(field.key, Json(config.*field.value));
  set("rms_norm_eps", Json(config.norm_epsilon));
  if (config.positions != 0) set("max_position_embeddings", Json(config.positions));
  for (const NumberField& field : kNumberFields)
    if (keys.knows(field.key)) set(field.key, config.*field.value == 0 ? Json(nullptr) : Json(config.*field.value));
  set("tie_word_embeddings", Json(config.tied));
  if (any_bias(keys.arch(), Bias::attention_bias)) set("attention_bias", Json(config.attention_bias));
  if (any_bias(keys.arch(), Bias::mlp_bias)) set("mlp_bias", Json(config.mlp_bias));
  if (any_bias(keys.arch(), Bias::norm_bias)) set("norm_bias", Json(config.norm_bias));
  if (keys.knows("norm_topk_prob")) set("norm_topk_prob", Json(config.normalise_experts));
  if (keys.knows("use_parallel_residual")) set("use_parallel_residual", Json(config.parallel));
  if (keys.knows("num_feedforward_networks")) set("num_feedforward_networks", Json(config.stacked + 1));
  set("hidden_act", Json(activation_name(keys, config.activation)));
  if (config.bottleneck == config.model) json["head_dim"] = Json(config.head);
  if (keys.knows("query_pre_attn_scalar"))
    set("query_pre_attn_scalar", whole_where_it_is(std::round(1 / (config.attention_scale * config.attention_scale) * 1e6) / 1e6));
}

void write_variants(const HfKeys& keys, const Config& config, Json& json) {
  using Positions = BlockVariant::Positions;
  const WindowSpec& spec = keys.arch().block.attention.window;
  if (spec.rule != WindowSpec::Rule::never) {
    std::uint64_t window = 0;
    Json types = Json::array();
    for (const BlockVariant& variant : config.variants) {
      window = std::max(window, variant.window);
      types.push_back(Json(variant.window != 0 ? "sliding_attention" : "full_attention"));
    }
    json[spec.key] = window == 0 ? Json(nullptr) : Json(window);
    if (!spec.enabled_by.empty()) json[spec.enabled_by] = Json(window != 0);
    if (spec.rule != WindowSpec::Rule::always) json["layer_types"] = std::move(types);
  }
  if (!keys.knows("no_rope_layer_interval")) return;
  Json turned = Json::array();
  for (const BlockVariant& variant : config.variants) turned.push_back(Json(variant.positions == Positions::none ? 0 : 1));
  json["no_rope_layers"] = std::move(turned);
}

void write_labels(const Config& config, Json& json) {
  if (config.labels.empty()) return;
  if (!config.problem_type.empty()) json["problem_type"] = Json(config.problem_type);
  json["id2label"] = Json::object();
  json["label2id"] = Json::object();
  for (std::size_t i = 0; i < config.labels.size(); ++i) {
    json["id2label"][std::to_string(i)] = Json(config.labels[i]);
    json["label2id"][config.labels[i]] = Json(static_cast<std::uint64_t>(i));
  }
}

}  // namespace

Json write_hf_config(const Arch& arch, const Config& config) {
  Json json = Json::parse(arch.hf_defaults, arch.name);
  const Json nothing = Json::object();
  const HfKeys keys(arch, nothing);
  const HeadSpec& output = config.output != nullptr ? *config.output : arch.heads.front();
  json["architectures"] = Json::array();
  json["architectures"].push_back(class_of(arch, output));
  json["model_type"] = Json(arch.hf_model_type);
  json["bos_token_id"] = token_json(config.bos);
  json["eos_token_id"] = eos_json(config.eos);
  json["pad_token_id"] = token_json(config.padding);
  if (keys.knows("cls_token_id")) json["cls_token_id"] = token_json(config.bos);
  if (keys.knows("sep_token_id")) json["sep_token_id"] = config.eos.empty() ? Json(nullptr) : Json(config.eos.front());
  if (!config.dtype.empty())
    for (const std::string_view key : {"torch_dtype", "dtype"}) json[key] = Json(config.dtype);
  write_fields(keys, config, json);
  write_variants(keys, config, json);
  write_hf_rope(arch, config, json);
  write_labels(config, json);
  if (keys.knows("classifier_pooling")) json["classifier_pooling"] = Json(config.mean_pooling ? "mean" : "cls");
  if (output.kind == HeadSpec::Kind::causal_lm) json["use_cache"] = Json(true);
  return json;
}

}  // namespace tightrope::model
