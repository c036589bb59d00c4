// Gemma 3 (text): Gemma 2 with norms of query and key heads instead of caps, and its own RoPE in windowed blocks.
#include "model/arch/rows.h"

namespace tightrope::model {
namespace {

constexpr auto kTensors = rows::joined(
    rows::kEmbed, std::array{rows::norm_plus_one("blocks.*.attn_norm", "layers.*.input_layernorm", "blk.*.attn_norm")},
    rows::attention(Bias::attention_bias, Bias::attention_bias, false),
    std::array{rows::norm_plus_one("blocks.*.attn.q_norm", "layers.*.self_attn.q_norm", "blk.*.attn_q_norm", "[head]"),
               rows::norm_plus_one("blocks.*.attn.k_norm", "layers.*.self_attn.k_norm", "blk.*.attn_k_norm", "[head]")},
    std::array{rows::norm_plus_one("blocks.*.attn_post_norm", "layers.*.post_attention_layernorm", "blk.*.post_attention_norm"),
               rows::norm_plus_one("blocks.*.ffn_norm", "layers.*.pre_feedforward_layernorm", "blk.*.ffn_norm")},
    rows::gated_mlp(),
    std::array{rows::norm_plus_one("blocks.*.ffn_post_norm", "layers.*.post_feedforward_layernorm", "blk.*.post_ffw_norm")},
    std::array{rows::norm_plus_one("norm", "norm", "output_norm")});
constexpr HeadSpec kHeads[] = {{"Gemma3ForCausalLM", rows::kLmHead, HeadSpec::Kind::causal_lm}, {"Gemma3TextModel"}};
constexpr KeyAlias kKeys[] = {{"hidden_act", "hidden_activation", "gelu", "gelu_pytorch_tanh"},
                              {"local_rope_theta", "rope_local_base_freq"}};

}  // namespace

extern const Arch gemma3;
constinit const Arch gemma3 = {
    .name = "gemma3",
    .hf_model_type = "gemma3_text",
    .hf_prefix = "model.",
    .gguf_arch = "gemma3",
    .gguf = {.wide_blocks = 62, .others_window = true},
    .embedding = {.scaled = true},
    .block = {.norm = Norm::rms_plus_one,
              .attention = {.window = {.rule = WindowSpec::Rule::full_last, .period_key = "sliding_window_pattern", .period = 6}}},
    .tensors = kTensors,
    .heads = kHeads,
    .hf_keys = kKeys,
    .hf_defaults = R"({"hidden_activation": "gelu_pytorch_tanh", "head_dim": 256, "max_position_embeddings": 131072,
                       "tie_word_embeddings": true, "query_pre_attn_scalar": 256, "sliding_window": 4096, "rope_theta": 1000000.0,
                       "rope_local_base_freq": 10000.0, "attn_logit_softcapping": null, "final_logit_softcapping": null})",
    .hf_only = R"({"use_bidirectional_attention": false})",
    .ignored = rows::kRopeBuffers,
};

}  // namespace tightrope::model
