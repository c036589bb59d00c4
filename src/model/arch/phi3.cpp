// Phi-3 and Phi-4: LLaMA's blocks with queries, keys and values in one tensor and gate and up in another, longrope.
#include "model/arch/rows.h"

namespace tightrope::model {
namespace {

constexpr auto kTensors = rows::joined(
    rows::kEmbed, rows::kAttentionNorm,
    std::array{
        rows::part("blocks.*.attn.q", {"layers.*.self_attn.qkv_proj", Part::query}, {"blk.*.attn_qkv", Part::query}, "[heads*head, model]"),
        rows::part("blocks.*.attn.k", {"layers.*.self_attn.qkv_proj", Part::key}, {"blk.*.attn_qkv", Part::key}, "[kv_heads*head, model]"),
        rows::part("blocks.*.attn.v", {"layers.*.self_attn.qkv_proj", Part::value}, {"blk.*.attn_qkv", Part::value},
                   "[kv_heads*head, model]"),
        rows::tensor("blocks.*.attn.o", "layers.*.self_attn.o_proj", "blk.*.attn_output", "[model, heads*head]")},
    rows::kMlpNorm,
    std::array{rows::part("blocks.*.ffn.gate", {"layers.*.mlp.gate_up_proj", Part::first_half}, {"blk.*.ffn_up", Part::first_half},
                          "[ffn, model]"),
               rows::part("blocks.*.ffn.up", {"layers.*.mlp.gate_up_proj", Part::second_half}, {"blk.*.ffn_up", Part::second_half},
                          "[ffn, model]"),
               rows::tensor("blocks.*.ffn.down", "layers.*.mlp.down_proj", "blk.*.ffn_down", "[model, ffn]")},
    rows::kFinalNorm);
constexpr HeadSpec kHeads[] = {{"Phi3ForCausalLM", rows::kLmHead, HeadSpec::Kind::causal_lm}};

}  // namespace

extern const Arch phi3;
constinit const Arch phi3 = {
    .name = "phi3",
    .hf_model_type = "phi3",
    .hf_prefix = "model.",
    .gguf_arch = "phi3",
    .gguf = {.others_rope_tables = true},
    .block = {.attention = {.window = {.rule = WindowSpec::Rule::always}}},
    .tensors = kTensors,
    .heads = kHeads,
    .hf_defaults = R"({"rms_norm_eps": 1e-5, "max_position_embeddings": 4096, "original_max_position_embeddings": 4096,
                       "partial_rotary_factor": 1.0})",
    .ignored = rows::kRopeBuffers,
};

}  // namespace tightrope::model
