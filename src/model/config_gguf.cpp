// The architecture's keys in a GGUF, both ways.
#include <algorithm>
#include <cmath>

#include "base/checked.h"
#include "model/config.h"
#include "model/config_checks.h"
#include "model/rope.h"
#include "model/tensor_plan.h"

namespace tightrope::model {
namespace {

using checkpoint::Container;
using checkpoint::Metadata;

constexpr std::string_view kSource = "the GGUF's metadata";
constexpr std::string_view kLlama3Key = "tightrope.rope.llama3";  // f32 [factor, low, high, original]: what rope_freqs was made from
constexpr std::string_view kAttentionFactorKey = "tightrope.rope.attention_factor";  // f64: exact, where GGUF keeps a ratio
constexpr std::string_view kDivisors = "rope_freqs.weight";

// Keys below the architecture's name.
struct Keys {
  const Arch& arch;
  const Metadata& metadata;

  std::string full(std::string_view key) const { return fmt::format("{}.{}", arch.gguf_arch, key); }
  bool has(std::string_view key) const { return metadata.find(full(key)) != nullptr; }
  std::uint64_t required(std::string_view key) const {
    if (!has(key)) fail(ErrorCode::malformed, "[gguf] the key '{}' is missing; the file was not written for this architecture", full(key));
    return metadata.unsigned_or(full(key), 0);
  }
  std::uint64_t unsigned_or(std::string_view key, std::uint64_t fallback) const { return metadata.unsigned_or(full(key), fallback); }
  // Floats come back as the decimals they were written from.
  double number_or(std::string_view key, double fallback) const {
    const double value = metadata.number_or(full(key), fallback);
    const auto single = static_cast<float>(value);
    return static_cast<double>(single) == value && std::isfinite(value) ? as_written(single) : value;
  }
};

template <class... Arguments>
[[noreturn]] void unsupported(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  fail(ErrorCode::unsupported, "[gguf] {}", fmt::format(text, std::forward<Arguments>(arguments)...));
}

bool holds(const Container& container, std::string_view name) { return container.find(name) != nullptr; }

bool first_block_has_bias(const Arch& arch, const Container& container, Bias kind) {
  return std::any_of(arch.tensors.begin(), arch.tensors.end(), [&](const TensorSpec& spec) {
    return spec.bias == kind && holds(container, fmt::format("{}.bias", numbered(spec.gguf.name, 0)));
  });
}

bool is_tied(const Arch& arch, const Container& container) {
  const std::span<const TensorSpec> head = arch.heads.front().tensors;
  return std::none_of(head.begin(), head.end(), [&](const TensorSpec& spec) {
    return spec.presence == Presence::untied && holds(container, fmt::format("{}.weight", spec.gguf.name));
  });
}

std::vector<float> read_divisors(const Container& container) {
  const checkpoint::Entry* entry = container.find(kDivisors);
  if (!entry) return {};
  if (entry->format->name != "f32" || entry->shape.rank() != 1 || entry->shape[0] > 1 << 16)
    fail(ErrorCode::malformed, "[gguf] '{}' is {} {}, not a short vector of f32", kDivisors, entry->format->name, entry->shape.text());
  std::vector<float> divisors(entry->shape[0]);
  entry->format->decode(entry->bytes.data(), divisors.data(), divisors.size());
  return divisors;
}

bool nearly_equal(const std::vector<float>& a, const std::vector<float>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](float x, float y) { return std::fabs(x - y) <= 1e-5f * std::fabs(y); });
}

// A file of another tool has the divisors alone. Those of the released Llama 3 models all come from the same three numbers.
void recognise_llama3(RopeConfig& rope, std::uint64_t head) {
  RopeConfig guess = rope;
  guess.divisors.clear();
  guess.scaling = RopeConfig::Scaling::llama3;
  guess.factor = static_cast<double>(*std::max_element(rope.divisors.begin(), rope.divisors.end()));
  guess.low_frequency_factor = 1;
  guess.high_frequency_factor = 4;
  guess.original_context = 8192;
  if (guess.factor > 1 && nearly_equal(llama3_divisors(guess, head), rope.divisors)) rope = guess;
}

void read_llama3(const Container& container, std::uint64_t head, RopeConfig& rope) {
  rope.divisors = read_divisors(container);
  const std::vector<float> parameters = container.metadata.floats(kLlama3Key);
  if (rope.divisors.empty()) return;
  if (rope.divisors.size() != head / 2)
    fail(ErrorCode::malformed, "[gguf] '{}' has {} values for heads of {}", kDivisors, rope.divisors.size(), head);
  if (parameters.size() != 4) return recognise_llama3(rope, head);
  if (!(parameters[3] >= 1 && parameters[3] < 0x1p28f))
    fail(ErrorCode::malformed, "[gguf] '{}' says the context was {}", kLlama3Key, parameters[3]);
  rope.scaling = RopeConfig::Scaling::llama3;
  rope.factor = as_written(parameters[0]);
  rope.low_frequency_factor = as_written(parameters[1]);
  rope.high_frequency_factor = as_written(parameters[2]);
  rope.original_context = static_cast<std::uint64_t>(parameters[3]);
  rope.divisors.clear();
}

void read_yarn(const Keys& keys, const Config& config, RopeConfig& rope) {
  rope.original_context = keys.unsigned_or("rope.scaling.original_context_length", config.context);
  rope.beta_fast = keys.number_or("rope.scaling.yarn_beta_fast", 32);
  rope.beta_slow = keys.number_or("rope.scaling.yarn_beta_slow", 1);
  if (keys.has("rope.scaling.attn_factor"))
    rope.attention_factor = keys.number_or("rope.scaling.attn_factor", 1) * default_yarn_magnitude(rope.factor);
  if (keys.number_or("rope.scaling.yarn_log_multiplier", 0) != 0) unsupported("YaRN with a logarithmic multiplier is not supported");
  rope.attention_factor = keys.metadata.number_or(kAttentionFactorKey, rope.attention_factor);
}

RopeConfig read_rope(const Keys& keys, const Container& container, const Config& config) {
  RopeConfig rope;
  rope.theta = keys.number_or("rope.freq_base", 10000);
  const std::string type = keys.metadata.string_or(keys.full("rope.scaling.type"), "linear");
  rope.factor = keys.number_or("rope.scaling.factor", keys.number_or("rope.scale_linear", 0));
  if (rope.factor == 0 || type == "none") rope.factor = 1;
  if (type == "yarn") {
    rope.scaling = RopeConfig::Scaling::yarn;
    read_yarn(keys, config, rope);
  } else if (type == "linear") {
    rope.scaling = rope.factor == 1 ? RopeConfig::Scaling::none : RopeConfig::Scaling::linear;
  } else if (type != "none") {
    unsupported("the RoPE scaling '{}' is not supported; known are none, linear and yarn", type.substr(0, 64));
  }
  read_llama3(container, config.head, rope);
  return rope;
}

std::uint64_t vocabulary(const Arch& arch, const Keys& keys, const Container& container) {
  if (keys.has("vocab_size")) return keys.required("vocab_size");
  const checkpoint::Entry* embedding = container.find(fmt::format("{}.weight", arch.tensors.front().gguf.name));
  return embedding && embedding->shape.rank() == 2 ? embedding->shape[0] : 0;
}

void read_head(const Keys& keys, Config& config) {
  config.head = keys.unsigned_or("attention.key_length", config.heads == 0 ? 0 : config.model / config.heads);
  if (keys.unsigned_or("attention.value_length", config.head) != config.head)
    unsupported("value heads of another size than key heads are not supported");
  config.rope_dimensions = keys.unsigned_or("rope.dimension_count", config.head);
}

std::int64_t token_or_none(const Metadata& metadata, std::string_view name) {
  const std::string key = fmt::format("tokenizer.ggml.{}_token_id", name);
  return metadata.find(key) ? narrow<std::int64_t>(metadata.unsigned_or(key, 0), "a special token's id") : -1;
}

void read_tokens(const Metadata& metadata, Config& config) {
  config.bos = token_or_none(metadata, "bos");
  config.padding = token_or_none(metadata, "padding");
  for (const std::string_view name : {"eos", "eot", "eom"}) {
    const std::int64_t id = token_or_none(metadata, name);
    if (id >= 0 && std::find(config.eos.begin(), config.eos.end(), id) == config.eos.end()) config.eos.push_back(id);
  }
}

checkpoint::Value u32(std::uint64_t value, const char* what) { return {narrow<std::uint32_t>(value, what)}; }
checkpoint::Value f32(double value) { return {static_cast<float>(value)}; }

void write_yarn(const Arch& arch, const RopeConfig& rope, Metadata& metadata) {
  const auto key = [&](std::string_view name) { return fmt::format("{}.rope.scaling.{}", arch.gguf_arch, name); };
  metadata.set(key("original_context_length"), u32(rope.original_context, "the original context length"));
  if (rope.beta_fast != 32) metadata.set(key("yarn_beta_fast"), f32(rope.beta_fast));
  if (rope.beta_slow != 1) metadata.set(key("yarn_beta_slow"), f32(rope.beta_slow));
  if (rope.attention_factor == 0) return;
  // llama.cpp multiplies YaRN's own magnitude by this.
  metadata.set(key("attn_factor"), f32(rope.attention_factor / default_yarn_magnitude(rope.factor)));
  metadata.set(std::string(kAttentionFactorKey), {rope.attention_factor});
}

void write_rope(const Arch& arch, const Config& config, Metadata& metadata) {
  using Scaling = RopeConfig::Scaling;
  const RopeConfig& rope = config.rope;
  const auto key = [&](std::string_view name) { return fmt::format("{}.rope.{}", arch.gguf_arch, name); };
  metadata.set(key("dimension_count"), u32(config.rope_dimensions, "the turned dimensions"));
  metadata.set(key("freq_base"), f32(rope.theta));
  if (rope.scaling == Scaling::llama3) {
    const auto original = static_cast<float>(rope.original_context);
    metadata.set(std::string(kLlama3Key),
                 {std::vector<float>{static_cast<float>(rope.factor), static_cast<float>(rope.low_frequency_factor),
                                     static_cast<float>(rope.high_frequency_factor), original}});
  } else if (rope.scaling != Scaling::none) {
    metadata.set(key("scaling.type"), {std::string(rope.scaling == Scaling::yarn ? "yarn" : "linear")});
    metadata.set(key("scaling.factor"), f32(rope.factor));
    if (rope.scaling == Scaling::yarn) write_yarn(arch, rope, metadata);
  }
}

void write_tokens(const Config& config, Metadata& metadata) {
  const auto set = [&](std::string_view name, std::int64_t id) {
    const std::string key = fmt::format("tokenizer.ggml.{}_token_id", name);
    if (id >= 0 && !metadata.find(key)) metadata.set(key, u32(static_cast<std::uint64_t>(id), "a special token's id"));
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

}  // namespace

Config read_gguf_config(const Arch& arch, const Container& container) {
  const Keys keys{arch, container.metadata};
  Config config;
  config.output = &arch.heads.front();
  config.vocab = vocabulary(arch, keys, container);
  config.model = keys.required("embedding_length");
  config.blocks = keys.required("block_count");
  config.heads = keys.required("attention.head_count");
  config.kv_heads = keys.unsigned_or("attention.head_count_kv", config.heads);
  config.ffn = keys.required("feed_forward_length");
  config.context = keys.required("context_length");
  read_head(keys, config);
  config.norm_epsilon = keys.number_or("attention.layer_norm_rms_epsilon", 1e-5);
  config.tied = is_tied(arch, container);
  config.attention_bias = first_block_has_bias(arch, container, Bias::attention_bias);
  config.mlp_bias = first_block_has_bias(arch, container, Bias::mlp_bias);
  config.rope = read_rope(keys, container, config);
  config.name = container.metadata.string_or("general.name", "");
  read_tokens(container.metadata, config);
  complete_config(config);
  check_config(config, kSource);
  return config;
}

void write_gguf_config(const Arch& arch, const Config& config, Metadata& metadata) {
  const auto key = [&](std::string_view name) { return fmt::format("{}.{}", arch.gguf_arch, name); };
  metadata.set(key("vocab_size"), u32(config.vocab, "the vocabulary size"));
  metadata.set(key("context_length"), u32(config.context, "the context length"));
  metadata.set(key("embedding_length"), u32(config.model, "the hidden size"));
  metadata.set(key("block_count"), u32(config.blocks, "the number of blocks"));
  metadata.set(key("feed_forward_length"), u32(config.ffn, "the feed-forward size"));
  metadata.set(key("attention.head_count"), u32(config.heads, "the number of heads"));
  metadata.set(key("attention.head_count_kv"), u32(config.kv_heads, "the number of key-value heads"));
  metadata.set(key("attention.key_length"), u32(config.head, "the head size"));
  metadata.set(key("attention.value_length"), u32(config.head, "the head size"));
  metadata.set(key("attention.layer_norm_rms_epsilon"), f32(config.norm_epsilon));
  write_rope(arch, config, metadata);
  write_tokens(config, metadata);
}

}  // namespace tightrope::model
