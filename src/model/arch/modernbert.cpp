// ModernBERT: pre-norm blocks with RoPE and gated GELU, every third of which sees everything, the others a window.
#include "model/arch/encoder_rows.h"

namespace tightrope::model {
namespace {

constexpr Place fused(Part kind) { return {"layers.*.attn.Wqkv", kind}; }
constexpr Place fused_gguf(Part kind) { return {"blk.*.attn_qkv", kind}; }

constexpr std::array kTensors = {
    rows::tensor("embed", "embeddings.tok_embeddings", "token_embd", "[vocab, model]"),
    rows::tensor("embed.norm", "embeddings.norm", "token_embd_norm", "[model]", Bias::norm_bias),
    // The first block reads the embedding, which is normed already.
    rows::tensor("blocks.*.attn_norm", "layers.*.attn_norm", "blk.*.attn_norm", "[model]", Bias::norm_bias, Presence::optional),
    rows::part("blocks.*.attn.q", fused(Part::query), fused_gguf(Part::query), "[heads*head, model]", Bias::attention_bias),
    rows::part("blocks.*.attn.k", fused(Part::key), fused_gguf(Part::key), "[heads*head, model]", Bias::attention_bias),
    rows::part("blocks.*.attn.v", fused(Part::value), fused_gguf(Part::value), "[heads*head, model]", Bias::attention_bias),
    rows::tensor("blocks.*.attn.o", "layers.*.attn.Wo", "blk.*.attn_output", "[model, heads*head]", Bias::attention_bias),
    rows::tensor("blocks.*.ffn_norm", "layers.*.mlp_norm", "blk.*.ffn_norm", "[model]", Bias::norm_bias),
    rows::part("blocks.*.ffn.gate", {"layers.*.mlp.Wi", Part::first_half}, {"blk.*.ffn_up", Part::first_half}, "[ffn, model]",
               Bias::mlp_bias),
    rows::part("blocks.*.ffn.up", {"layers.*.mlp.Wi", Part::second_half}, {"blk.*.ffn_up", Part::second_half}, "[ffn, model]",
               Bias::mlp_bias),
    rows::tensor("blocks.*.ffn.down", "layers.*.mlp.Wo", "blk.*.ffn_down", "[model, ffn]", Bias::mlp_bias),
    rows::tensor("norm", "final_norm", "output_norm", "[model]", Bias::norm_bias),
};
constexpr TensorSpec kDense = rows::tensor("head.dense", "head.dense", "", "[model, model]");
constexpr TensorSpec kNorm = rows::tensor("head.norm", "head.norm", "", "[model]", Bias::norm_bias);
constexpr std::array kMaskedLm = {kDense, kNorm, rows::tensor("head", "decoder", "", "[vocab, model]", Bias::never, Presence::untied),
                                  rows::head_bias("decoder.bias", "", "[vocab]")};
constexpr std::array kClassifier = {kDense, kNorm, rows::classifier("classifier"), rows::head_bias("classifier.bias", "", "[labels]")};
constexpr std::array kSpan = {kDense, kNorm, rows::span_head("classifier"), rows::head_bias("classifier.bias", "", "[2]")};
constexpr HeadSpec kHeads[] = {{"ModernBertModel"},
                               {"ModernBertForMaskedLM", kMaskedLm, HeadSpec::Kind::masked_lm, Activation::configured},
                               {"ModernBertForSequenceClassification", kClassifier, HeadSpec::Kind::sequence, Activation::configured},
                               {"ModernBertForTokenClassification", kClassifier, HeadSpec::Kind::tokens, Activation::configured},
                               {"ModernBertForQuestionAnswering", kSpan, HeadSpec::Kind::span, Activation::configured}};
constexpr KeyAlias kKeys[] = {{"rms_norm_eps", "norm_eps"},
                              {"hidden_act", "hidden_activation"},
                              {"head_activation", "classifier_activation"},
                              {"rope_theta", "global_rope_theta"}};

}  // namespace

extern const Arch modernbert;
constinit const Arch modernbert = {
    .name = "modernbert",
    .hf_model_type = "modernbert",
    .hf_prefix = "model.",
    .gguf_arch = "modern-bert",
    .gguf = {.others_window = true},
    .block = {.norm = Norm::layer,
              .attention = {.causal = false,
                            .window = {.rule = WindowSpec::Rule::full_first,
                                       .key = "local_attention",
                                       .period_key = "global_attn_every_n_layers",
                                       .period = 3}}},
    .tensors = kTensors,
    .heads = kHeads,
    .hf_keys = kKeys,
    .hf_defaults = R"({"norm_eps": 1e-5, "hidden_activation": "gelu", "classifier_activation": "gelu", "classifier_pooling": "cls",
                       "max_position_embeddings": 8192, "global_rope_theta": 160000.0, "local_rope_theta": 10000.0,
                       "local_attention": 128, "norm_bias": false, "tie_word_embeddings": true, "bos_token_id": 50281,
                       "eos_token_id": 50282, "pad_token_id": 50283, "cls_token_id": 50281, "sep_token_id": 50282})",
    .hf_only = R"({"classifier_bias": false, "decoder_bias": true})",
};

}  // namespace tightrope::model
