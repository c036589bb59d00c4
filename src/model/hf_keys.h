// The keys of a config.json through a family's spelling and defaults.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "model/arch.h"
#include "model/config.h"

namespace tightrope::model {

inline constexpr std::string_view kConfigJson = "config.json";

template <class... Arguments>
[[noreturn]] void unsupported_in_config(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  fail(ErrorCode::unsupported, "[config] {}: {}", kConfigJson, fmt::format(text, std::forward<Arguments>(arguments)...));
}

// How the family spells a usual key.
std::string_view own_key(const Arch& arch, std::string_view usual);

// Reads by the usual key; null where the file says null or neither the file nor the family's defaults say anything.
class HfKeys {
 public:
  HfKeys(const Arch& arch, const Json& json);

  const Json* find(std::string_view usual) const;
  std::uint64_t unsigned_at(std::string_view usual) const;
  std::uint64_t unsigned_or(std::string_view usual, std::uint64_t fallback) const;
  double number_or(std::string_view usual, double fallback) const;
  bool bool_or(std::string_view usual, bool fallback) const;
  std::string string_or(std::string_view usual, std::string_view fallback) const;
  bool knows(std::string_view usual) const;        // the family's defaults list it
  std::string what(std::string_view usual) const;  // for errors

  const Arch& arch() const { return arch_; }
  const Json& json() const { return json_; }

 private:
  const Arch& arch_;
  const Json& json_;
  Json defaults_;
};

// One number of a Config under its usual key.
struct UnsignedField {
  std::string_view key;
  std::uint64_t Config::*value;
  bool required = false;
  bool particular = false;  // read and written only for families whose defaults list it
};
struct NumberField {
  std::string_view key;
  double Config::*value;
};
struct BoolField {
  std::string_view key;
  bool Config::*value;
};

inline constexpr UnsignedField kUnsignedFields[] = {
    {"vocab_size", &Config::vocab, true},
    {"hidden_size", &Config::model, true},
    {"num_hidden_layers", &Config::blocks, true},
    {"num_attention_heads", &Config::heads, true},
    {"num_key_value_heads", &Config::kv_heads},
    {"intermediate_size", &Config::ffn},
    {"max_position_embeddings", &Config::context},
    {"embedding_size", &Config::embedding, false, true},
    {"type_vocab_size", &Config::types, false, true},
    {"num_hidden_groups", &Config::groups, false, true},
    {"intra_bottleneck_size", &Config::bottleneck, false, true},
    {"num_local_experts", &Config::experts, false, true},
    {"num_experts_per_tok", &Config::experts_used, false, true},
    {"moe_intermediate_size", &Config::expert_ffn, false, true},
};
inline constexpr NumberField kNumberFields[] = {
    {"rms_norm_eps", &Config::norm_epsilon},
    {"attn_logit_softcapping", &Config::attention_cap},
    {"final_logit_softcapping", &Config::logit_cap},
};
inline constexpr BoolField kBoolFields[] = {
    {"tie_word_embeddings", &Config::tied}, {"attention_bias", &Config::attention_bias},    {"mlp_bias", &Config::mlp_bias},
    {"norm_bias", &Config::norm_bias},      {"norm_topk_prob", &Config::normalise_experts}, {"use_parallel_residual", &Config::parallel},
};

// config.json's names of activations; the first of each is the one that is written.
struct ActivationName {
  std::string_view name;
  Activation activation;
};
inline constexpr ActivationName kActivationNames[] = {
    {"silu", Activation::silu},
    {"swish", Activation::silu},
    {"gelu", Activation::gelu},
    {"gelu_python", Activation::gelu},
    {"gelu_pytorch_tanh", Activation::gelu_tanh},
    {"gelu_new", Activation::gelu_tanh},
    {"gelu_fast", Activation::gelu_tanh},
    {"gelu_accurate", Activation::gelu_tanh},
    {"relu", Activation::relu},
    {"tanh", Activation::tanh},
};

// Whether a rule gives a block the window. `period` is not 0.
bool slides_by_rule(const WindowSpec& spec, std::uint64_t period, std::uint64_t first_late, std::uint64_t block, bool turned);

// RoPE's part of a config.json. `config` has its extents.
void read_hf_rope(const HfKeys& keys, Config& config);
void write_hf_rope(const Arch& arch, const Config& config, Json& json);

}  // namespace tightrope::model
