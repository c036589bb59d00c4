// Gemma 2: Gemma with norms on both sides of attention and MLP, soft caps, and a window in every other block.
#include "model/arch/rows.h"

namespace tightrope::model {
namespace {

constexpr auto kTensors = rows::joined(
    rows::kEmbed, std::array{rows::norm_plus_one("blocks.*.attn_norm", "layers.*.input_layernorm", "blk.*.attn_norm")},
    rows::attention(Bias::attention_bias, Bias::attention_bias, false),
    std::array{rows::norm_plus_one("blocks.*.attn_post_norm", "layers.*.post_attention_layernorm", "blk.*.post_attention_norm"),
               rows::norm_plus_one("blocks.*.ffn_norm", "layers.*.pre_feedforward_layernorm", "blk.*.ffn_norm")},
    rows::gated_mlp(),
    std::array{rows::norm_plus_one("blocks.*.ffn_post_norm", "layers.*.post_feedforward_layernorm", "blk.*.post_ffw_norm")},
    std::array{rows::norm_plus_one("norm", "norm", "output_norm")});
constexpr HeadSpec kHeads[] = {{"Gemma2ForCausalLM", rows::kLmHead, HeadSpec::Kind::causal_lm}};
constexpr KeyAlias kKeys[] = {{"hidden_act", "hidden_activation", "gelu", "gelu_pytorch_tanh"}};

}  // namespace

extern const Arch gemma2;
constinit const Arch gemma2 = {
    .name = "gemma2",
    .hf_model_type = "gemma2",
    .hf_prefix = "model.",
    .gguf_arch = "gemma2",
    .gguf = {.window = 4096, .wide_blocks = 46, .others_window = true},
    .embedding = {.scaled = true},
    .block = {.norm = Norm::rms_plus_one, .attention = {.window = {.rule = WindowSpec::Rule::full_last, .period = 2}}},
    .tensors = kTensors,
    .heads = kHeads,
    .hf_keys = kKeys,
    .hf_defaults = R"({"hidden_activation": "gelu_pytorch_tanh", "head_dim": 256, "max_position_embeddings": 8192,
                       "tie_word_embeddings": true, "query_pre_attn_scalar": 256, "sliding_window": 4096,
                       "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0})",
    .hf_only = R"({"use_bidirectional_attention": false})",
    .ignored = rows::kRopeBuffers,
};

}  // namespace tightrope::model
