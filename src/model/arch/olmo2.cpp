// OLMo 2: norms after attention and after the MLP instead of before, and over all queries and keys at once.
#include "model/arch/rows.h"

namespace tightrope::model {
namespace {

constexpr auto kTensors = rows::joined(
    rows::kEmbed, rows::attention(Bias::attention_bias, Bias::attention_bias, false),
    std::array{rows::tensor("blocks.*.attn.q_norm", "layers.*.self_attn.q_norm", "blk.*.attn_q_norm", "[heads*head]"),
               rows::tensor("blocks.*.attn.k_norm", "layers.*.self_attn.k_norm", "blk.*.attn_k_norm", "[kv_heads*head]"),
               rows::tensor("blocks.*.attn_post_norm", "layers.*.post_attention_layernorm", "blk.*.post_attention_norm", "[model]")},
    rows::gated_mlp(),
    std::array{rows::tensor("blocks.*.ffn_post_norm", "layers.*.post_feedforward_layernorm", "blk.*.post_ffw_norm", "[model]")},
    rows::kFinalNorm);
constexpr HeadSpec kHeads[] = {{"Olmo2ForCausalLM", rows::kLmHead, HeadSpec::Kind::causal_lm}};

}  // namespace

extern const Arch olmo2;
constinit const Arch olmo2 = {
    .name = "olmo2",
    .hf_model_type = "olmo2",
    .hf_prefix = "model.",
    .gguf_arch = "olmo2",
    .tensors = kTensors,
    .heads = kHeads,
    .hf_defaults = R"({"rms_norm_eps": 1e-5})",
    .ignored = rows::kRopeBuffers,
};

}  // namespace tightrope::model
