// GPT-2: layer norms, learned positions, one fused attention tensor, linear weights stored [in, out].
#include "model/arch/rows.h"

namespace tightrope::model {
namespace {

constexpr TensorSpec fused(std::string_view canonical, Part stored, Part gguf) {
  return rows::part(canonical, {"h.*.attn.c_attn", stored}, {"blk.*.attn_qkv", gguf}, "[model, model]", Bias::always);
}
constexpr TensorSpec linear(std::string_view canonical, std::string_view huggingface, std::string_view gguf, std::string_view shape) {
  return rows::part(canonical, {huggingface, Part::transposed}, {gguf}, shape, Bias::always);
}

constexpr std::array kTensors = {
    rows::tensor("embed", "wte", "token_embd", "[vocab, model]"),
    rows::part("embed.positions", {"wpe"}, {.name = "position_embd", .f32 = true}, "[positions, model]"),
    rows::tensor("blocks.*.attn_norm", "h.*.ln_1", "blk.*.attn_norm", "[model]", Bias::always),
    fused("blocks.*.attn.q", Part::transposed_query, Part::query),
    fused("blocks.*.attn.k", Part::transposed_key, Part::key),
    fused("blocks.*.attn.v", Part::transposed_value, Part::value),
    linear("blocks.*.attn.o", "h.*.attn.c_proj", "blk.*.attn_output", "[model, model]"),
    rows::tensor("blocks.*.ffn_norm", "h.*.ln_2", "blk.*.ffn_norm", "[model]", Bias::always),
    linear("blocks.*.ffn.up", "h.*.mlp.c_fc", "blk.*.ffn_up", "[ffn, model]"),
    linear("blocks.*.ffn.down", "h.*.mlp.c_proj", "blk.*.ffn_down", "[model, ffn]"),
    rows::tensor("norm", "ln_f", "output_norm", "[model]", Bias::always),
};
constexpr HeadSpec kHeads[] = {{"GPT2LMHeadModel", rows::kLmHead, HeadSpec::Kind::causal_lm}, {"GPT2Model"}};
constexpr KeyAlias kKeys[] = {{"hidden_size", "n_embd"},
                              {"num_hidden_layers", "n_layer"},
                              {"num_attention_heads", "n_head"},
                              {"max_position_embeddings", "n_positions"},
                              {"intermediate_size", "n_inner"},
                              {"hidden_act", "activation_function"},
                              {"rms_norm_eps", "layer_norm_epsilon"}};
// Masks that old checkpoints carry.
constexpr std::string_view kIgnored[] = {"*h.*.attn.bias", "*h.*.attn.masked_bias"};

}  // namespace

extern const Arch gpt2;
constinit const Arch gpt2 = {
    .name = "gpt2",
    .hf_model_type = "gpt2",
    .hf_prefix = "transformer.",
    .gguf_arch = "gpt2",
    .block = {.norm = Norm::layer, .attention = {.rope = Rope::none}},
    .tensors = kTensors,
    .heads = kHeads,
    .hf_keys = kKeys,
    .hf_defaults = R"({"layer_norm_epsilon": 1e-5, "activation_function": "gelu_new", "n_positions": 1024, "tie_word_embeddings": true})",
    .hf_only = R"({"scale_attn_by_inverse_layer_idx": false, "scale_attn_weights": true, "add_cross_attention": false})",
    .ffn_multiple = 4,
    .ignored = kIgnored,
};

}  // namespace tightrope::model
