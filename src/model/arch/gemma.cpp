// Gemma: LLaMA's blocks with norms that multiply by 1 + weight, a scaled embedding and a gated GELU.
#include "model/arch/rows.h"

namespace tightrope::model {
namespace {

constexpr auto kTensors =
    rows::joined(rows::kEmbed, std::array{rows::norm_plus_one("blocks.*.attn_norm", "layers.*.input_layernorm", "blk.*.attn_norm")},
                 rows::attention(Bias::attention_bias, Bias::attention_bias, false),
                 std::array{rows::norm_plus_one("blocks.*.ffn_norm", "layers.*.post_attention_layernorm", "blk.*.ffn_norm")},
                 rows::gated_mlp(), std::array{rows::norm_plus_one("norm", "norm", "output_norm")});
constexpr HeadSpec kHeads[] = {{"GemmaForCausalLM", rows::kLmHead, HeadSpec::Kind::causal_lm}};
// The files' hidden_act says gelu and always meant its approximation.
constexpr KeyAlias kKeys[] = {{"hidden_act", "hidden_activation", "gelu", "gelu_pytorch_tanh"}};

}  // namespace

extern const Arch gemma;
constinit const Arch gemma = {
    .name = "gemma",
    .hf_model_type = "gemma",
    .hf_prefix = "model.",
    .gguf_arch = "gemma",
    .embedding = {.scaled = true},
    .block = {.norm = Norm::rms_plus_one},
    .tensors = kTensors,
    .heads = kHeads,
    .hf_keys = kKeys,
    .hf_defaults = R"({"hidden_activation": "gelu_pytorch_tanh", "head_dim": 256, "max_position_embeddings": 8192,
                       "tie_word_embeddings": true})",
    .hf_only = R"({"use_bidirectional_attention": false})",
    .ignored = rows::kRopeBuffers,
};

}  // namespace tightrope::model
