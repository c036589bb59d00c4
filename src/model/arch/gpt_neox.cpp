// GPT-NeoX and Pythia: attention and MLP side by side, partly turned heads, queries, keys and values fused head by head.
#include "model/arch/rows.h"

namespace tightrope::model {
namespace {

constexpr TensorSpec fused(std::string_view canonical, Part stored, Part gguf) {
  return rows::part(canonical, {"layers.*.attention.query_key_value", stored}, {"blk.*.attn_qkv", gguf}, "[heads*head, model]",
                    Bias::attention_bias);
}

constexpr std::array kTensors = {
    rows::tensor("embed", "embed_in", "token_embd", "[vocab, model]"),
    rows::tensor("blocks.*.attn_norm", "layers.*.input_layernorm", "blk.*.attn_norm", "[model]", Bias::always),
    fused("blocks.*.attn.q", Part::head_query, Part::query),
    fused("blocks.*.attn.k", Part::head_key, Part::key),
    fused("blocks.*.attn.v", Part::head_value, Part::value),
    rows::tensor("blocks.*.attn.o", "layers.*.attention.dense", "blk.*.attn_output", "[model, heads*head]", Bias::attention_bias),
    rows::tensor("blocks.*.ffn_norm", "layers.*.post_attention_layernorm", "blk.*.ffn_norm", "[model]", Bias::always),
    rows::tensor("blocks.*.ffn.up", "layers.*.mlp.dense_h_to_4h", "blk.*.ffn_up", "[ffn, model]", Bias::always),
    rows::tensor("blocks.*.ffn.down", "layers.*.mlp.dense_4h_to_h", "blk.*.ffn_down", "[model, ffn]", Bias::always),
    rows::tensor("norm", "final_layer_norm", "output_norm", "[model]", Bias::always),
};
constexpr std::array kLmHead = {rows::tensor("head", "embed_out", "output", "[vocab, model]", Bias::never, Presence::untied)};
constexpr HeadSpec kHeads[] = {{"GPTNeoXForCausalLM", kLmHead, HeadSpec::Kind::causal_lm}};
constexpr KeyAlias kKeys[] = {
    {"rms_norm_eps", "layer_norm_eps"}, {"partial_rotary_factor", "rotary_pct"}, {"rope_theta", "rotary_emb_base"}};
constexpr std::string_view kIgnored[] = {"*rotary_emb.inv_freq", "*.attention.bias", "*.attention.masked_bias"};

}  // namespace

extern const Arch gpt_neox;
constinit const Arch gpt_neox = {
    .name = "gpt_neox",
    .hf_model_type = "gpt_neox",
    .hf_prefix = "gpt_neox.",
    .gguf_arch = "gptneox",
    .block = {.norm = Norm::layer, .parallel = true},
    .tensors = kTensors,
    .heads = kHeads,
    .hf_keys = kKeys,
    .hf_defaults = R"({"layer_norm_eps": 1e-5, "hidden_act": "gelu", "rotary_pct": 0.25, "attention_bias": true,
                       "use_parallel_residual": true})",
    .ignored = kIgnored,
};

}  // namespace tightrope::model
