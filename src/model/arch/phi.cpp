// Phi-1, Phi-1.5 and Phi-2: attention and MLP side by side behind one layer norm, biases everywhere, partly turned heads.
#include "model/arch/rows.h"

namespace tightrope::model {
namespace {

constexpr auto kTensors = rows::joined(
    rows::kEmbed,
    std::array{rows::tensor("blocks.*.attn_norm", "layers.*.input_layernorm", "blk.*.attn_norm", "[model]", Bias::always),
               rows::tensor("blocks.*.attn.q", "layers.*.self_attn.q_proj", "blk.*.attn_q", "[heads*head, model]", Bias::always),
               rows::tensor("blocks.*.attn.k", "layers.*.self_attn.k_proj", "blk.*.attn_k", "[kv_heads*head, model]", Bias::always),
               rows::tensor("blocks.*.attn.v", "layers.*.self_attn.v_proj", "blk.*.attn_v", "[kv_heads*head, model]", Bias::always),
               rows::tensor("blocks.*.attn.o", "layers.*.self_attn.dense", "blk.*.attn_output", "[model, heads*head]", Bias::always),
               rows::tensor("blocks.*.ffn.up", "layers.*.mlp.fc1", "blk.*.ffn_up", "[ffn, model]", Bias::always),
               rows::tensor("blocks.*.ffn.down", "layers.*.mlp.fc2", "blk.*.ffn_down", "[model, ffn]", Bias::always),
               rows::tensor("norm", "final_layernorm", "output_norm", "[model]", Bias::always)});
constexpr std::array kLmHead = {rows::tensor("head", "lm_head", "output", "[vocab, model]", Bias::never, Presence::untied),
                                rows::bare("head.bias", "lm_head.bias", "output.bias", "[vocab]")};
constexpr HeadSpec kHeads[] = {{"PhiForCausalLM", kLmHead, HeadSpec::Kind::causal_lm}};
constexpr KeyAlias kKeys[] = {{"rms_norm_eps", "layer_norm_eps"}};

}  // namespace

extern const Arch phi;
constinit const Arch phi = {
    .name = "phi",
    .hf_model_type = "phi",
    .hf_prefix = "model.",
    .gguf_arch = "phi2",
    .block = {.norm = Norm::layer, .parallel = true},
    .tensors = kTensors,
    .heads = kHeads,
    .hf_keys = kKeys,
    .hf_defaults = R"({"layer_norm_eps": 1e-5, "hidden_act": "gelu_new", "partial_rotary_factor": 0.5})",
    .hf_only = R"({"qk_layernorm": false})",
    .ignored = rows::kRopeBuffers,
};

}  // namespace tightrope::model
