// DistilBERT: BERT without token types, under names of its own. GGUF files call it bert.
#include "model/arch/encoder_rows.h"

namespace tightrope::model {
namespace {

constexpr std::array kTensors = {
    rows::tensor("embed", "embeddings.word_embeddings", "token_embd", "[vocab, model]"),
    rows::part("embed.positions", {"embeddings.position_embeddings"}, {.name = "position_embd", .f32 = true}, "[positions, model]"),
    rows::biased("embed.norm", "embeddings.LayerNorm", "token_embd_norm", "[model]"),
    rows::biased("blocks.*.attn.q", "transformer.layer.*.attention.q_lin", "blk.*.attn_q", "[model, model]"),
    rows::biased("blocks.*.attn.k", "transformer.layer.*.attention.k_lin", "blk.*.attn_k", "[model, model]"),
    rows::biased("blocks.*.attn.v", "transformer.layer.*.attention.v_lin", "blk.*.attn_v", "[model, model]"),
    rows::biased("blocks.*.attn.o", "transformer.layer.*.attention.out_lin", "blk.*.attn_output", "[model, model]"),
    rows::biased("blocks.*.attn_out_norm", "transformer.layer.*.sa_layer_norm", "blk.*.attn_output_norm", "[model]"),
    rows::biased("blocks.*.ffn.up", "transformer.layer.*.ffn.lin1", "blk.*.ffn_up", "[ffn, model]"),
    rows::biased("blocks.*.ffn.down", "transformer.layer.*.ffn.lin2", "blk.*.ffn_down", "[model, ffn]"),
    rows::biased("blocks.*.ffn_out_norm", "transformer.layer.*.output_layer_norm", "blk.*.layer_output_norm", "[model]"),
};
constexpr auto kMaskedLm = rows::masked_lm_head({"vocab_transform", "vocab_layer_norm", "vocab_projector", "vocab_projector.bias"});
constexpr std::array kSequence = {rows::biased("head.dense", "pre_classifier", "", "[model, model]"), rows::classifier("classifier"),
                                  rows::head_bias("classifier.bias", "", "[labels]")};
constexpr HeadSpec kHeads[] = {{"DistilBertModel"},
                               {"DistilBertForMaskedLM", kMaskedLm, HeadSpec::Kind::masked_lm, Activation::configured},
                               {"DistilBertForSequenceClassification", kSequence, HeadSpec::Kind::sequence, Activation::relu},
                               {"DistilBertForTokenClassification", rows::kTokenHead, HeadSpec::Kind::tokens},
                               {"DistilBertForQuestionAnswering", rows::kSpanHead, HeadSpec::Kind::span}};
constexpr KeyAlias kKeys[] = {{"hidden_size", "dim"},
                              {"num_hidden_layers", "n_layers"},
                              {"num_attention_heads", "n_heads"},
                              {"intermediate_size", "hidden_dim"},
                              {"hidden_act", "activation"},
                              {"rms_norm_eps", "layer_norm_eps"}};

}  // namespace

extern const Arch distilbert;
constinit const Arch distilbert = {
    .name = "distilbert",
    .hf_model_type = "distilbert",
    .hf_prefix = "distilbert.",
    .gguf_arch = "bert",
    .block = {.norm = Norm::layer, .attention = {.causal = false, .rope = Rope::none}},
    .tensors = kTensors,
    .heads = kHeads,
    .hf_keys = kKeys,
    .hf_defaults = R"({"layer_norm_eps": 1e-12, "activation": "gelu", "max_position_embeddings": 512, "tie_word_embeddings": true,
                       "pad_token_id": 0})",
    .ignored = rows::kBertIgnored,
};

}  // namespace tightrope::model
