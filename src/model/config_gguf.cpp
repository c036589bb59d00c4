// The architecture's keys in a GGUF, both ways: rows that pair them with the keys of a config.json, which alone knows every family's rules.
#include <algorithm>
#include <optional>

#include "model/config.h"
#include "model/gguf_keys.h"
#include "model/hf_keys.h"
#include "model/load.h"
#include "model/tensor_plan.h"

namespace tightrope::model {
namespace {

using checkpoint::Container;
using checkpoint::Metadata;

// What the format's own keys cannot say (a model's family among several of one name, windows and heads its readers do not know, scalings
// without a name): the whole config.json. Other readers pass over it. It counts only while it agrees with the keys they do read.
constexpr std::string_view kOwnKey = "tightrope.model.config";

enum class Kind : std::uint8_t { whole, number, truth };

struct Row {
  std::string_view key;    // below the architecture's name
  std::string_view usual;  // in config.json, as most families spell it
  Kind kind;
  bool required = false;
};
constexpr Row kRows[] = {
    {"context_length", "max_position_embeddings", Kind::whole, true},
    {"embedding_length", "hidden_size", Kind::whole, true},
    {"block_count", "num_hidden_layers", Kind::whole, true},
    {"feed_forward_length", "intermediate_size", Kind::whole, true},
    {"attention.head_count", "num_attention_heads", Kind::whole, true},
    {"attention.head_count_kv", "num_key_value_heads", Kind::whole},
    {"attention.key_length", "head_dim", Kind::whole},
    {"attention.value_length", "head_dim", Kind::whole},
    {"vocab_size", "vocab_size", Kind::whole},
    {"expert_count", "num_local_experts", Kind::whole},
    {"expert_used_count", "num_experts_per_tok", Kind::whole},
    {"expert_feed_forward_length", "moe_intermediate_size", Kind::whole},
    {"expert_weights_norm", "norm_topk_prob", Kind::truth},
    {"attn_logit_softcapping", "attn_logit_softcapping", Kind::number},
    {"final_logit_softcapping", "final_logit_softcapping", Kind::number},
    {"use_parallel_residual", "use_parallel_residual", Kind::truth},
};

bool is_rms(const Arch& arch) { return arch.block.norm == Norm::rms || arch.block.norm == Norm::rms_plus_one; }
std::string_view epsilon_key(const Arch& arch) {
  return is_rms(arch) ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon";
}

bool holds(const Container& container, const Place& place) {
  return container.find(fmt::format("{}{}", numbered(place.name, 0), place.bare ? "" : ".weight")) != nullptr;
}

// --- reading ---

bool first_block_has_bias(const Arch& arch, const Container& container, Bias kind) {
  return std::any_of(arch.tensors.begin(), arch.tensors.end(), [&](const TensorSpec& spec) {
    return spec.bias == kind && container.find(fmt::format("{}.bias", numbered(spec.gguf.name, 0))) != nullptr;
  });
}

const TensorSpec* last_layer(const HeadSpec& head) {
  const auto found = std::ranges::find(head.tensors, "head", &TensorSpec::canonical);
  return found == head.tensors.end() ? nullptr : &*found;
}

// A classifier when the file has its last layer, else the family's usual head. Some writers leave out what a classifier reads.
const HeadSpec& head_of(const Arch& arch, const Container& container) {
  const auto absent = [&](const TensorSpec& spec) { return spec.gguf.name.empty() || !holds(container, spec.gguf); };
  for (const HeadSpec& head : arch.heads) {
    const TensorSpec* last = head.kind == HeadSpec::Kind::sequence ? last_layer(head) : nullptr;
    if (last == nullptr || absent(*last)) continue;
    const auto lacking = std::find_if(head.tensors.begin(), head.tensors.end(), absent);
    if (lacking == head.tensors.end()) return head;
    unsupported_in_gguf(
        "the file has a classifier ('{}') but not '{}', which belongs to it and which its writer left out: its answers would not be the "
        "model's; convert the original with tightrope",
        last->gguf.name, lacking->gguf.name);
  }
  return arch.heads.front();
}

bool is_tied(const HeadSpec& head, const Container& container) {
  return std::none_of(head.tensors.begin(), head.tensors.end(),
                      [&](const TensorSpec& spec) { return spec.presence == Presence::untied && holds(container, spec.gguf); });
}

void read_vocabulary(const Arch& arch, const Container& container, Json& json) {
  const checkpoint::Entry* embedding = container.find(fmt::format("{}.weight", arch.tensors.front().gguf.name));
  if (json.find("vocab_size") == nullptr && embedding != nullptr && embedding->shape.rank() == 2)
    json["vocab_size"] = Json(embedding->shape[0]);
}

void read_rows(const GgufKeys& keys, const HfKeys& family, Json& json) {
  for (const Row& row : kRows) {
    const std::string_view own = own_key(family.arch(), row.usual);
    if (row.required) {
      json[own] = Json(keys.required(row.key));
    } else if (keys.has(row.key)) {
      if (row.kind == Kind::truth) json[own] = Json(keys.metadata.bool_or(keys.full(row.key), false));
      if (row.kind == Kind::number) json[own] = Json(keys.number_or(row.key, 0));
      if (row.kind == Kind::whole && keys.unsigned_or(row.key, 0) != 0) json[own] = Json(keys.unsigned_or(row.key, 0));
    }
  }
  check_extent(keys.required("block_count"), std::uint64_t{1} << 12, keys.full("block_count"));
  json[own_key(family.arch(), "rms_norm_eps")] = Json(keys.number_or(epsilon_key(family.arch()), 1e-5));
  if (keys.unsigned_or("attention.value_length", 0) != keys.unsigned_or("attention.key_length", 0))
    unsupported_in_gguf("value heads of another size than key heads are not supported");
  // Readers of files without this key have the chosen experts' weights sum to one.
  if (family.knows("norm_topk_prob") && !keys.has("expert_weights_norm")) json["norm_topk_prob"] = Json(true);
}

// The scale of scores is no key: it follows from the head's size, in the family's largest model from the model's.
void read_scale(const GgufKeys& keys, const HfKeys& family, Json& json) {
  if (!family.knows("query_pre_attn_scalar")) return;
  const std::uint64_t heads = std::max<std::uint64_t>(keys.required("attention.head_count"), 1);
  const std::uint64_t share = keys.required("embedding_length") / heads;
  const bool wide = keys.required("block_count") == family.arch().gguf.wide_blocks;
  json["query_pre_attn_scalar"] = Json(wide ? share : keys.unsigned_or("attention.key_length", share));
}

bool is_periodic(const WindowSpec& spec) { return spec.rule == WindowSpec::Rule::full_last || spec.rule == WindowSpec::Rule::full_first; }
// Whether readers of the format take a window of the family from its key.
bool has_window_key(const WindowSpec& spec) { return is_periodic(spec) || spec.rule == WindowSpec::Rule::always; }

void read_window(const GgufKeys& keys, const Arch& arch, Json& json) {
  const WindowSpec& spec = arch.block.attention.window;
  if (!has_window_key(spec)) return;
  const std::uint64_t window = keys.unsigned_or("attention.sliding_window", arch.gguf.window);
  json[spec.key] = window == 0 ? Json(nullptr) : Json(window);
  if (!spec.enabled_by.empty()) json[spec.enabled_by] = Json(window != 0);
  if (window == 0 && is_periodic(spec))
    for (std::uint64_t block = 0; block < keys.required("block_count"); ++block) json["layer_types"].push_back(Json("full_attention"));
  if (!is_periodic(spec) || !keys.has("attention.sliding_window_pattern")) return;
  const std::uint64_t period = keys.unsigned_or("attention.sliding_window_pattern", spec.period);
  if (spec.period_key.empty() && period != spec.period)
    unsupported_in_gguf("{} with a window in all but every {}th block is not supported; known is every {}th", arch.name, period,
                        spec.period);
  if (!spec.period_key.empty()) json[spec.period_key] = Json(period);
}

Json token_or_null(const Metadata& metadata, std::string_view name) {
  const std::string key = fmt::format("tokenizer.ggml.{}_token_id", name);
  return metadata.find(key) != nullptr ? Json(metadata.unsigned_or(key, 0)) : Json(nullptr);
}

void read_tokens(const Metadata& metadata, Json& json) {
  json["bos_token_id"] = token_or_null(metadata, "bos");
  json["pad_token_id"] = token_or_null(metadata, "padding");
  std::vector<std::uint64_t> ends;
  for (const std::string_view name : {"eos", "eot", "eom"}) {
    const Json id = token_or_null(metadata, name);
    if (!id.is_null() && std::find(ends.begin(), ends.end(), id.as_uint(name)) == ends.end()) ends.push_back(id.as_uint(name));
  }
  json["eos_token_id"] = Json::array();
  for (const std::uint64_t id : ends) json["eos_token_id"].push_back(Json(id));
}

void read_head(const GgufKeys& keys, const Arch& arch, const Container& container, Json& json) {
  const HeadSpec& head = head_of(arch, container);
  json["architectures"] = Json::array();
  json["architectures"].push_back(Json(head.hf_class));
  json["tie_word_embeddings"] = Json(is_tied(head, container));
  // Writers leave out labels that have no names.
  const TensorSpec* last = head.kind == HeadSpec::Kind::sequence ? last_layer(head) : nullptr;
  const checkpoint::Entry* classes = last == nullptr ? nullptr : container.find(fmt::format("{}.weight", last->gguf.name));
  if (classes != nullptr && classes->shape.rank() == 2) json["num_labels"] = Json(classes->shape[0]);
  const std::vector<std::string>* labels = keys.metadata.strings(keys.full("classifier.output_labels"));
  if (labels == nullptr) return;
  json["id2label"] = Json::object();
  for (std::size_t i = 0; i < labels->size(); ++i) json["id2label"][std::to_string(i)] = Json((*labels)[i]);
}

// The config.json that says what the file's keys say.
Json usual_config(const Arch& arch, const Container& container, std::vector<float>& divisors) {
  const GgufKeys keys{arch.gguf_arch, container.metadata};
  const Json nothing = Json::object();
  const HfKeys family(arch, nothing);
  Json json = Json::object();
  read_rows(keys, family, json);
  read_vocabulary(arch, container, json);
  read_scale(keys, family, json);
  read_window(keys, arch, json);
  read_tokens(container.metadata, json);
  read_head(keys, arch, container, json);
  if (container.metadata.find("tokenizer.ggml.token_type_count") != nullptr)
    json["type_vocab_size"] = Json(container.metadata.unsigned_or("tokenizer.ggml.token_type_count", 0));
  json["attention_bias"] = Json(first_block_has_bias(arch, container, Bias::attention_bias));
  json["mlp_bias"] = Json(first_block_has_bias(arch, container, Bias::mlp_bias));
  json["norm_bias"] = Json(first_block_has_bias(arch, container, Bias::norm_bias));
  if (const std::string name = container.metadata.string_or(keys.full("hidden_activation"), ""); !name.empty())
    json[own_key(arch, "hidden_act")] = Json(name);
  divisors = read_gguf_rope(arch, container, json);
  return json;
}

// RoPE's dimensions are a number here and a share of the head in a config.json; and a table needs no name.
void complete_rope(const Arch& arch, const GgufKeys& keys, std::vector<float> divisors, Config& config) {
  if (arch.block.attention.rope == Rope::none) return;
  config.rope_dimensions = keys.unsigned_or("rope.dimension_count", config.head);
  config.rope.divisors = std::move(divisors);
  check_config(config, "the GGUF's metadata");
}

Config config_of_keys(const Arch& arch, const Container& container) {
  std::vector<float> divisors;
  const Json json = usual_config(arch, container, divisors);
  try {
    Config config = read_hf_config(arch, json);
    complete_rope(arch, {arch.gguf_arch, container.metadata}, std::move(divisors), config);
    return config;
  } catch (const Error& error) {
    fail(error.code(), "[gguf] the file's keys, said as a config.json, describe no model: {}", error.what());
  }
}

bool same_value(const checkpoint::Value& a, const checkpoint::Value& b) {
  if (a.data.index() != b.data.index()) return false;
  return std::visit(
      [&](const auto& value) {
        using Type = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Type, checkpoint::ValueArray>)
          return false;
        else
          return value == std::get<Type>(b.data);
      },
      a.data);
}

std::optional<Json> own_config(const Metadata& metadata) {
  const std::string text = metadata.string_or(kOwnKey, "");
  if (text.empty()) return std::nullopt;
  return Json::parse(text, kOwnKey);
}

// How vectors are made of the hidden states is no part of the configuration, but lies below the architecture's name.
constexpr std::string_view kPoolingType = "pooling_type";

// Our own key, unless somebody changed one of the others since.
std::optional<Config> config_of_own_key(const Arch& arch, const Metadata& metadata) {
  const std::optional<Json> json = own_config(metadata);
  if (!json || json->at("model_type", kOwnKey).as_string("model_type") != arch.hf_model_type) return std::nullopt;
  Config config = read_hf_config(arch, *json);
  Metadata expected;
  write_gguf_config(arch, config, expected);
  const auto repeats = [&](const Metadata& some, const Metadata& others) {
    return std::all_of(some.entries().begin(), some.entries().end(), [&](const auto& entry) {
      const checkpoint::Value* other = others.find(entry.first);
      if (entry.first == GgufKeys{arch.gguf_arch, some}.full(kPoolingType)) return true;
      return !entry.first.starts_with(fmt::format("{}.", arch.gguf_arch)) || (other != nullptr && same_value(*other, entry.second));
    });
  };
  if (!repeats(metadata, expected) || !repeats(expected, metadata)) return std::nullopt;
  return config;
}

// --- writing ---

void write_rows(const Arch& arch, const Json& json, Metadata& metadata) {
  const GgufKeys keys{arch.gguf_arch, metadata};
  for (const Row& row : kRows) {
    const Json* value = json.find(own_key(arch, row.usual));
    if (value == nullptr) continue;
    const std::string what(row.usual);
    if (row.kind == Kind::truth)
      metadata.set(keys.full(row.key), {value->as_bool(what)});
    else if (row.kind == Kind::number)
      metadata.set(keys.full(row.key), gguf_f32(value->is_null() ? 0 : value->as_double(what)));
    else if (!value->is_null())
      set_gguf_u32(metadata, keys.full(row.key), value->as_uint(what));
  }
  metadata.set(keys.full("hidden_activation"), {json.at(own_key(arch, "hidden_act"), "config").as_string("hidden_act")});
}

// The shortest period that puts windows where the model has them; 0 when none does.
std::uint64_t period_of(const Config& config, const WindowSpec& spec) {
  const auto fits = [&](std::uint64_t period) {
    for (std::uint64_t block = 0; block < config.blocks; ++block)
      if (slides_by_rule(spec, period, 0, block, true) != (config.variants[block].window != 0)) return false;
    return true;
  };
  if (fits(spec.period)) return spec.period;
  for (std::uint64_t period = 1; period <= config.blocks + 1; ++period)
    if (fits(period)) return period;
  return 0;
}

void write_window(const Arch& arch, const Config& config, Metadata& metadata) {
  const WindowSpec& spec = arch.block.attention.window;
  const GgufKeys keys{arch.gguf_arch, metadata};
  std::uint64_t window = 0;
  for (const BlockVariant& variant : config.variants) window = std::max(window, variant.window);
  if (!has_window_key(spec)) return;
  set_gguf_u32(metadata, keys.full("attention.sliding_window"), window);
  if (!is_periodic(spec) || window == 0) return;
  const std::uint64_t period = period_of(config, spec);
  if (period == 0)
    fail(ErrorCode::unsupported,
         "[save] a GGUF of {} has its windows in all but every n-th block, which this model has not; keep it a "
         "Hugging Face folder",
         arch.name);
  set_gguf_u32(metadata, keys.full("attention.sliding_window_pattern"), period);
}

void write_tokens(const Config& config, Metadata& metadata) {
  const auto set = [&](std::string_view name, std::int64_t id) {
    const std::string key = fmt::format("tokenizer.ggml.{}_token_id", name);
    if (id >= 0 && metadata.find(key) == nullptr) set_gguf_u32(metadata, key, static_cast<std::uint64_t>(id));
  };
  set("bos", config.bos);
  set("padding", config.padding);
  if (!config.eos.empty()) set("eos", config.eos.front());
  const std::uint64_t first = metadata.unsigned_or("tokenizer.ggml.eos_token_id", 0);
  std::vector<std::int64_t> others;
  for (const std::int64_t id : config.eos)
    if (std::cmp_not_equal(id, first)) others.push_back(id);
  if (!others.empty()) set("eot", others[0]);
  if (others.size() > 1) set("eom", others[1]);
}

constexpr std::uint32_t kRankPooling = 4;  // the first token through the classifier

void write_encoder(const Arch& arch, const Config& config, Metadata& metadata) {
  const GgufKeys keys{arch.gguf_arch, metadata};
  if (arch.block.attention.causal) return;
  metadata.set(keys.full("attention.causal"), {false});
  // Readers refuse a model without types even where it has no tensor of them.
  set_gguf_u32(metadata, "tokenizer.ggml.token_type_count", std::max<std::uint64_t>(config.types, 1));
  if (config.output == nullptr || config.output->kind != HeadSpec::Kind::sequence) return;
  metadata.set(keys.full(kPoolingType), {kRankPooling});
  metadata.set(keys.full("classifier.output_labels"), {config.labels});
}

}  // namespace

const Arch& arch_of_gguf(const Container& container) {
  const std::string name = container.metadata.string_or("general.architecture", "");
  if (const std::optional<Json> own = own_config(container.metadata)) {
    const std::string& type = own->at("model_type", kOwnKey).as_string("model_type");
    for (const Arch* arch : all_archs())
      if (arch->hf_model_type == type && arch->gguf_arch == name) return *arch;
  }
  return arch_for_gguf(name, [&](const TensorSpec& spec) { return holds(container, spec.gguf); });
}

Config read_gguf_config(const Arch& arch, const Container& container) {
  std::optional<Config> own = config_of_own_key(arch, container.metadata);
  Config config = own ? std::move(*own) : config_of_keys(arch, container);
  if (!own && own_config(container.metadata))
    config.notices.push_back(fmt::format("'{}' no longer agrees with the file's other keys, which were taken", kOwnKey));
  config.name = container.metadata.string_or("general.name", "");
  const GgufKeys keys{arch.gguf_arch, container.metadata};
  if (const std::uint64_t window = keys.unsigned_or("attention.sliding_window", 0);
      window != 0 && !has_window_key(arch.block.attention.window))
    config.notices.push_back(fmt::format("a window of {} tokens was left out: {} has none in a GGUF", window, arch.name));
  return config;
}

void write_gguf_config(const Arch& arch, const Config& config, Metadata& metadata) {
  Config sayable = config;  // a config.json has no word for a table of divisors
  sayable.rope.divisors.clear();
  const Json json = write_hf_config(arch, sayable);
  const GgufKeys keys{arch.gguf_arch, metadata};
  write_rows(arch, json, metadata);
  set_gguf_u32(metadata, keys.full("context_length"), config.context);
  metadata.set(keys.full(epsilon_key(arch)), gguf_f32(config.norm_epsilon));
  write_window(arch, config, metadata);
  write_encoder(arch, config, metadata);
  write_gguf_rope(arch, config, metadata);
  write_tokens(config, metadata);
  if (config.rope.divisors.empty()) metadata.set(std::string(kOwnKey), {json.dump()});
}

}  // namespace tightrope::model
