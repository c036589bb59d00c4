// Qwen3 mixtures of experts: Qwen3's attention, with a window in every block or in none; many small experts of which a router picks a few.
#include "model/arch/rows.h"

namespace tightrope::model {
namespace {

constexpr auto kTensors = rows::joined(rows::kEmbed, rows::kAttentionNorm,
                                       rows::attention(Bias::attention_bias, Bias::attention_bias, false), rows::kHeadNorms, rows::kMlpNorm,
                                       rows::experts("layers.*.mlp.gate", "layers.*.mlp.experts.#.gate_proj",
                                                     "layers.*.mlp.experts.#.up_proj", "layers.*.mlp.experts.#.down_proj"),
                                       rows::kFinalNorm);
constexpr HeadSpec kHeads[] = {{"Qwen3MoeForCausalLM", rows::kLmHead, HeadSpec::Kind::causal_lm}};
constexpr KeyAlias kKeys[] = {{"num_local_experts", "num_experts"}};

}  // namespace

extern const Arch qwen3_moe;
constinit const Arch qwen3_moe = {
    .name = "qwen3_moe",
    .hf_model_type = "qwen3_moe",
    .hf_prefix = "model.",
    .gguf_arch = "qwen3moe",
    .block = {.attention = {.window = {.rule = WindowSpec::Rule::always, .enabled_by = "use_sliding_window"}}},
    .tensors = kTensors,
    .heads = kHeads,
    .hf_keys = kKeys,
    .hf_defaults = R"({"max_position_embeddings": 32768, "num_experts": 128, "num_experts_per_tok": 8,
                       "moe_intermediate_size": 768, "norm_topk_prob": false, "sliding_window": 4096})",
    .hf_only = R"({"decoder_sparse_step": 1, "mlp_only_layers": []})",
    .ignored = rows::kRopeBuffers,
};

}  // namespace tightrope::model
