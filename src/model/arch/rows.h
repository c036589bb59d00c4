// Rows that many families share, so that each family's own file says only what is its own.
#pragma once

#include <array>
#include <cstddef>

#include "model/arch.h"

namespace tightrope::model::rows {

template <std::size_t... kSizes>
constexpr auto joined(const std::array<TensorSpec, kSizes>&... parts) {
  std::array<TensorSpec, (kSizes + ...)> all{};
  std::size_t next = 0;
  const auto add = [&](const auto& part) {
    for (const TensorSpec& spec : part) all[next++] = spec;
  };
  (add(parts), ...);
  return all;
}

// The same tensor under its plain name in both containers.
constexpr TensorSpec tensor(std::string_view canonical, std::string_view huggingface, std::string_view gguf, std::string_view shape,
                            Bias bias = Bias::never, Presence presence = Presence::required) {
  return {.canonical = canonical, .huggingface = {huggingface}, .gguf = {gguf}, .shape = shape, .bias = bias, .presence = presence};
}

// A tensor that is a part of a stored one in either container.
constexpr TensorSpec part(std::string_view canonical, Place huggingface, Place gguf, std::string_view shape, Bias bias = Bias::never) {
  return {.canonical = canonical, .huggingface = huggingface, .gguf = gguf, .shape = shape, .bias = bias};
}

// A norm whose weight GGUF stores as 1 + weight.
constexpr TensorSpec norm_plus_one(std::string_view canonical, std::string_view huggingface, std::string_view gguf,
                                   std::string_view shape = "[model]") {
  return {.canonical = canonical, .huggingface = {huggingface}, .gguf = {.name = gguf, .plus_one = true}, .shape = shape};
}

// A vector that stands alone under its complete name.
constexpr TensorSpec bare(std::string_view canonical, std::string_view huggingface, std::string_view gguf, std::string_view shape) {
  return {.canonical = canonical, .huggingface = {.name = huggingface, .bare = true}, .gguf = {.name = gguf, .bare = true}, .shape = shape};
}

inline constexpr std::array kEmbed = {tensor("embed", "embed_tokens", "token_embd", "[vocab, model]")};
inline constexpr std::array kAttentionNorm = {tensor("blocks.*.attn_norm", "layers.*.input_layernorm", "blk.*.attn_norm", "[model]")};
inline constexpr std::array kMlpNorm = {tensor("blocks.*.ffn_norm", "layers.*.post_attention_layernorm", "blk.*.ffn_norm", "[model]")};
inline constexpr std::array kFinalNorm = {tensor("norm", "norm", "output_norm", "[model]")};
inline constexpr std::array kLmHead = {tensor("head", "lm_head", "output", "[vocab, model]", Bias::never, Presence::untied)};

// Query, key, value and output under LLaMA's names. In GGUF the first two are whole or in pairs.
constexpr std::array<TensorSpec, 4> attention(Bias qkv, Bias output, bool pairs) {
  const auto turned = [&](std::string_view name, Part kind) { return Place{.name = name, .part = pairs ? kind : Part::whole}; };
  return {part("blocks.*.attn.q", {"layers.*.self_attn.q_proj"}, turned("blk.*.attn_q", Part::query_pairs), "[heads*head, model]", qkv),
          part("blocks.*.attn.k", {"layers.*.self_attn.k_proj"}, turned("blk.*.attn_k", Part::key_pairs), "[kv_heads*head, model]", qkv),
          part("blocks.*.attn.v", {"layers.*.self_attn.v_proj"}, {"blk.*.attn_v"}, "[kv_heads*head, model]", qkv),
          part("blocks.*.attn.o", {"layers.*.self_attn.o_proj"}, {"blk.*.attn_output"}, "[model, heads*head]", output)};
}

inline constexpr std::array kHeadNorms = {tensor("blocks.*.attn.q_norm", "layers.*.self_attn.q_norm", "blk.*.attn_q_norm", "[head]"),
                                          tensor("blocks.*.attn.k_norm", "layers.*.self_attn.k_norm", "blk.*.attn_k_norm", "[head]")};

constexpr std::array<TensorSpec, 3> gated_mlp(Bias bias = Bias::never) {
  return {tensor("blocks.*.ffn.gate", "layers.*.mlp.gate_proj", "blk.*.ffn_gate", "[ffn, model]", bias),
          tensor("blocks.*.ffn.up", "layers.*.mlp.up_proj", "blk.*.ffn_up", "[ffn, model]", bias),
          tensor("blocks.*.ffn.down", "layers.*.mlp.down_proj", "blk.*.ffn_down", "[model, ffn]", bias)};
}

// A mixture of gated experts; the names of one expert's tensors hold a '#'.
constexpr std::array<TensorSpec, 4> experts(std::string_view router, std::string_view gate, std::string_view up, std::string_view down) {
  return {part("blocks.*.ffn.router", {router}, {.name = "blk.*.ffn_gate_inp", .f32 = true}, "[experts, model]"),
          tensor("blocks.*.ffn.experts.gate", gate, "blk.*.ffn_gate_exps", "[experts, expert_ffn, model]"),
          tensor("blocks.*.ffn.experts.up", up, "blk.*.ffn_up_exps", "[experts, expert_ffn, model]"),
          tensor("blocks.*.ffn.experts.down", down, "blk.*.ffn_down_exps", "[experts, model, expert_ffn]")};
}

// Checkpoints of old versions carry these buffers.
inline constexpr std::array<std::string_view, 1> kRopeBuffers = {"*rotary_emb.inv_freq"};

}  // namespace tightrope::model::rows
