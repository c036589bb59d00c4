// Mistral: LLaMA's blocks whose attention may look at a window only. GGUF files call it llama.
#include "model/arch/rows.h"

namespace tightrope::model {
namespace {

constexpr auto kTensors = rows::joined(rows::kEmbed, rows::kAttentionNorm, rows::attention(Bias::never, Bias::never, true), rows::kMlpNorm,
                                       rows::gated_mlp(), rows::kFinalNorm);
constexpr HeadSpec kHeads[] = {{"MistralForCausalLM", rows::kLmHead, HeadSpec::Kind::causal_lm}, {"MistralModel"}};

}  // namespace

extern const Arch mistral;
constinit const Arch mistral = {
    .name = "mistral",
    .hf_model_type = "mistral",
    .hf_prefix = "model.",
    .gguf_arch = "llama",
    .gguf = {.others_rope_tables = true},
    .block = {.attention = {.window = {.rule = WindowSpec::Rule::always}}},
    .tensors = kTensors,
    .heads = kHeads,
    .hf_defaults = R"({"sliding_window": 4096})",
    .ignored = rows::kRopeBuffers,
};

}  // namespace tightrope::model
