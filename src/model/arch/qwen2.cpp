// Qwen2 and Qwen2.5: LLaMA's blocks with biases on queries, keys and values; late blocks may look at a window only.
#include "model/arch/rows.h"

namespace tightrope::model {
namespace {

constexpr auto kTensors = rows::joined(rows::kEmbed, rows::kAttentionNorm, rows::attention(Bias::always, Bias::never, false),
                                       rows::kMlpNorm, rows::gated_mlp(), rows::kFinalNorm);
constexpr HeadSpec kHeads[] = {{"Qwen2ForCausalLM", rows::kLmHead, HeadSpec::Kind::causal_lm}, {"Qwen2Model"}};

}  // namespace

extern const Arch qwen2;
constinit const Arch qwen2 = {
    .name = "qwen2",
    .hf_model_type = "qwen2",
    .hf_prefix = "model.",
    .gguf_arch = "qwen2",
    .block = {.attention = {.window = {.rule = WindowSpec::Rule::late_blocks, .enabled_by = "use_sliding_window"}}},
    .tensors = kTensors,
    .heads = kHeads,
    .hf_defaults = R"({"max_window_layers": 28, "max_position_embeddings": 32768})",
    .ignored = rows::kRopeBuffers,
};

}  // namespace tightrope::model
