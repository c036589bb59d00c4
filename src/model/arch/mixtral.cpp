// Mixtral: Mistral's attention, and in each block eight experts of which a router picks two. GGUF files call it llama.
#include "model/arch/rows.h"

namespace tightrope::model {
namespace {

constexpr auto kTensors = rows::joined(rows::kEmbed, rows::kAttentionNorm, rows::attention(Bias::never, Bias::never, true), rows::kMlpNorm,
                                       rows::experts("layers.*.block_sparse_moe.gate", "layers.*.block_sparse_moe.experts.#.w1",
                                                     "layers.*.block_sparse_moe.experts.#.w3", "layers.*.block_sparse_moe.experts.#.w2"),
                                       rows::kFinalNorm);
constexpr HeadSpec kHeads[] = {{"MixtralForCausalLM", rows::kLmHead, HeadSpec::Kind::causal_lm}};

}  // namespace

extern const Arch mixtral;
constinit const Arch mixtral = {
    .name = "mixtral",
    .hf_model_type = "mixtral",
    .hf_prefix = "model.",
    .gguf_arch = "llama",
    .gguf = {.others_rope_tables = true},
    .block = {.attention = {.window = {.rule = WindowSpec::Rule::always}}},
    .tensors = kTensors,
    .heads = kHeads,
    .hf_defaults = R"({"rms_norm_eps": 1e-5, "rope_theta": 1000000.0, "num_local_experts": 8, "num_experts_per_tok": 2,
                       "norm_topk_prob": true})",
    .hf_only = R"({"norm_topk_prob": true})",
    .ignored = rows::kRopeBuffers,
};

}  // namespace tightrope::model
