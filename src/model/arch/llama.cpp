// LLaMA 1 to 3 and what shares their shape: pre-norm blocks, grouped-query attention with RoPE, SwiGLU.
#include "model/arch/rows.h"

namespace tightrope::model {
namespace {

constexpr auto kTensors =
    rows::joined(rows::kEmbed, rows::kAttentionNorm, rows::attention(Bias::attention_bias, Bias::attention_bias, true), rows::kMlpNorm,
                 rows::gated_mlp(Bias::mlp_bias), rows::kFinalNorm);
constexpr HeadSpec kHeads[] = {{"LlamaForCausalLM", rows::kLmHead, HeadSpec::Kind::causal_lm}, {"LlamaModel"}};

}  // namespace

extern const Arch llama;
constinit const Arch llama = {
    .name = "llama",
    .hf_model_type = "llama",
    .hf_prefix = "model.",
    .gguf_arch = "llama",
    .gguf = {.others_rope_tables = true},
    .tensors = kTensors,
    .heads = kHeads,
    .ignored = rows::kRopeBuffers,
};

}  // namespace tightrope::model
