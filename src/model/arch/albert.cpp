// ALBERT: BERT whose blocks share one group of weights, with a factorised embedding.
#include "model/arch/encoder_rows.h"

namespace tightrope::model {
namespace {

constexpr auto kTensors = rows::joined(
    rows::bert_embeddings("[vocab, embedding]", "[positions, embedding]", "[types, embedding]"),
    std::array{
        rows::biased("embed.project", "encoder.embedding_hidden_mapping_in", "", "[model, embedding]"),
        rows::biased("blocks.*.attn.q", "encoder.albert_layer_groups.*.albert_layers.0.attention.query", "", "[model, model]"),
        rows::biased("blocks.*.attn.k", "encoder.albert_layer_groups.*.albert_layers.0.attention.key", "", "[model, model]"),
        rows::biased("blocks.*.attn.v", "encoder.albert_layer_groups.*.albert_layers.0.attention.value", "", "[model, model]"),
        rows::biased("blocks.*.attn.o", "encoder.albert_layer_groups.*.albert_layers.0.attention.dense", "", "[model, model]"),
        rows::biased("blocks.*.attn_out_norm", "encoder.albert_layer_groups.*.albert_layers.0.attention.LayerNorm", "", "[model]"),
        rows::biased("blocks.*.ffn.up", "encoder.albert_layer_groups.*.albert_layers.0.ffn", "", "[ffn, model]"),
        rows::biased("blocks.*.ffn.down", "encoder.albert_layer_groups.*.albert_layers.0.ffn_output", "", "[model, ffn]"),
        rows::biased("blocks.*.ffn_out_norm", "encoder.albert_layer_groups.*.albert_layers.0.full_layer_layer_norm", "", "[model]")});

constexpr std::array kBare = {rows::optional_pooler("pooler", "")};
constexpr auto kMaskedLm = rows::masked_lm_head({"predictions.dense", "predictions.LayerNorm", "predictions.decoder", "predictions.bias"},
                                                "[embedding, model]", "[embedding]", "[vocab, embedding]");
constexpr std::array kSequence = {rows::biased("pooler", "albert.pooler", "", "[model, model]"), rows::classifier("classifier"),
                                  rows::head_bias("classifier.bias", "", "[labels]")};
constexpr HeadSpec kHeads[] = {{"AlbertModel", kBare, HeadSpec::Kind::hidden},
                               {"AlbertForMaskedLM", kMaskedLm, HeadSpec::Kind::masked_lm, Activation::configured},
                               {"AlbertForPreTraining", kMaskedLm, HeadSpec::Kind::masked_lm, Activation::configured},
                               {"AlbertForSequenceClassification", kSequence, HeadSpec::Kind::sequence},
                               {"AlbertForTokenClassification", rows::kTokenHead, HeadSpec::Kind::tokens},
                               {"AlbertForQuestionAnswering", rows::kSpanHead, HeadSpec::Kind::span}};
constexpr KeyAlias kKeys[] = {{"rms_norm_eps", "layer_norm_eps"}};
constexpr std::string_view kIgnored[] = {"*embeddings.position_ids", "*embeddings.token_type_ids", "sop_classifier.*", "*.decoder.bias",
                                         "albert.pooler.*"};

}  // namespace

extern const Arch albert;
constinit const Arch albert = {
    .name = "albert",
    .hf_model_type = "albert",
    .hf_prefix = "albert.",
    .gguf_arch = "",
    .block = {.norm = Norm::layer, .attention = {.causal = false, .rope = Rope::none}},
    .tensors = kTensors,
    .heads = kHeads,
    .hf_keys = kKeys,
    .hf_defaults = R"({"layer_norm_eps": 1e-12, "hidden_act": "gelu_new", "type_vocab_size": 2, "max_position_embeddings": 512,
                       "embedding_size": 128, "num_hidden_groups": 1, "tie_word_embeddings": true, "pad_token_id": 0,
                       "bos_token_id": 2, "eos_token_id": 3})",
    .hf_only = R"({"inner_group_num": 1, "position_embedding_type": "absolute"})",
    .ignored = kIgnored,
};

}  // namespace tightrope::model
