// Qwen3: LLaMA's blocks with an RMS norm of each query and key head before RoPE; its GGUF keeps the rows as they are.
#include "model/arch.h"

namespace tightrope::model {
namespace {

constexpr std::string_view kClasses[] = {"Qwen3ForCausalLM"};

constexpr TensorSpec kTensors[] = {
    {.canonical = "embed", .huggingface = "model.embed_tokens", .gguf = "token_embd", .shape = "[vocab, model]"},
    {.canonical = "blocks.*.attn_norm", .huggingface = "model.layers.*.input_layernorm", .gguf = "blk.*.attn_norm", .shape = "[model]"},
    {.canonical = "blocks.*.attn.q",
     .huggingface = "model.layers.*.self_attn.q_proj",
     .gguf = "blk.*.attn_q",
     .shape = "[heads*head, model]",
     .bias = Bias::attention_bias},
    {.canonical = "blocks.*.attn.k",
     .huggingface = "model.layers.*.self_attn.k_proj",
     .gguf = "blk.*.attn_k",
     .shape = "[kv_heads*head, model]",
     .bias = Bias::attention_bias},
    {.canonical = "blocks.*.attn.v",
     .huggingface = "model.layers.*.self_attn.v_proj",
     .gguf = "blk.*.attn_v",
     .shape = "[kv_heads*head, model]",
     .bias = Bias::attention_bias},
    {.canonical = "blocks.*.attn.o",
     .huggingface = "model.layers.*.self_attn.o_proj",
     .gguf = "blk.*.attn_output",
     .shape = "[model, heads*head]",
     .bias = Bias::attention_bias},
    {.canonical = "blocks.*.attn.q_norm", .huggingface = "model.layers.*.self_attn.q_norm", .gguf = "blk.*.attn_q_norm", .shape = "[head]"},
    {.canonical = "blocks.*.attn.k_norm", .huggingface = "model.layers.*.self_attn.k_norm", .gguf = "blk.*.attn_k_norm", .shape = "[head]"},
    {.canonical = "blocks.*.ffn_norm",
     .huggingface = "model.layers.*.post_attention_layernorm",
     .gguf = "blk.*.ffn_norm",
     .shape = "[model]"},
    {.canonical = "blocks.*.ffn.gate", .huggingface = "model.layers.*.mlp.gate_proj", .gguf = "blk.*.ffn_gate", .shape = "[ffn, model]"},
    {.canonical = "blocks.*.ffn.up", .huggingface = "model.layers.*.mlp.up_proj", .gguf = "blk.*.ffn_up", .shape = "[ffn, model]"},
    {.canonical = "blocks.*.ffn.down", .huggingface = "model.layers.*.mlp.down_proj", .gguf = "blk.*.ffn_down", .shape = "[model, ffn]"},
    {.canonical = "norm", .huggingface = "model.norm", .gguf = "output_norm", .shape = "[model]"},
    {.canonical = "head", .huggingface = "lm_head", .gguf = "output", .shape = "[vocab, model]", .absent_when_tied = true},
};

}  // namespace

extern const Arch qwen3;
constinit const Arch qwen3 = {
    .name = "qwen3",
    .hf_model_type = "qwen3",
    .hf_classes = kClasses,
    .gguf_arch = "qwen3",
    .block = {.norm = Norm::rms, .attention = {.causal = true, .rope = Rope::halves, .qk_norm = true}, .mlp = Mlp::swiglu},
    .tensors = kTensors,
};

}  // namespace tightrope::model
