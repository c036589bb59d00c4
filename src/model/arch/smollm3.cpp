// SmolLM3: LLaMA's blocks, every fourth of which has no positions and may look at a window only.
#include "model/arch/rows.h"

namespace tightrope::model {
namespace {

constexpr auto kTensors =
    rows::joined(rows::kEmbed, rows::kAttentionNorm, rows::attention(Bias::attention_bias, Bias::attention_bias, true), rows::kMlpNorm,
                 rows::gated_mlp(Bias::mlp_bias), rows::kFinalNorm);
constexpr HeadSpec kHeads[] = {{"SmolLM3ForCausalLM", rows::kLmHead, HeadSpec::Kind::causal_lm}};

}  // namespace

extern const Arch smollm3;
constinit const Arch smollm3 = {
    .name = "smollm3",
    .hf_model_type = "smollm3",
    .hf_prefix = "model.",
    .gguf_arch = "smollm3",
    .block = {.attention = {.window = {.rule = WindowSpec::Rule::unturned, .enabled_by = "use_sliding_window"}}},
    .tensors = kTensors,
    .heads = kHeads,
    .hf_defaults = R"({"rope_theta": 2000000.0, "max_position_embeddings": 32768, "tie_word_embeddings": true,
                       "no_rope_layer_interval": 4})",
    .ignored = rows::kRopeBuffers,
};

}  // namespace tightrope::model
