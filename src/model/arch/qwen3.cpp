// Qwen3: LLaMA's blocks with an RMS norm of each query and key head before RoPE; its GGUF keeps the rows as they are.
#include "model/arch/rows.h"

namespace tightrope::model {
namespace {

constexpr auto kTensors =
    rows::joined(rows::kEmbed, rows::kAttentionNorm, rows::attention(Bias::attention_bias, Bias::attention_bias, false), rows::kHeadNorms,
                 rows::kMlpNorm, rows::gated_mlp(), rows::kFinalNorm);
constexpr HeadSpec kHeads[] = {{"Qwen3ForCausalLM", rows::kLmHead, HeadSpec::Kind::causal_lm}, {"Qwen3Model"}};

}  // namespace

extern const Arch qwen3;
constinit const Arch qwen3 = {
    .name = "qwen3",
    .hf_model_type = "qwen3",
    .hf_prefix = "model.",
    .gguf_arch = "qwen3",
    .block = {.attention = {.window = {.rule = WindowSpec::Rule::late_blocks, .enabled_by = "use_sliding_window"}}},
    .tensors = kTensors,
    .heads = kHeads,
    .hf_defaults = R"({"max_window_layers": 28, "max_position_embeddings": 32768, "head_dim": 128})",
    .ignored = rows::kRopeBuffers,
};

}  // namespace tightrope::model
