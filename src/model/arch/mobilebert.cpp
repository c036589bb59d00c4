// MobileBERT: narrow blocks between bottlenecks, stacked feed-forward networks, norms that only scale and shift.
#include "model/arch/encoder_rows.h"

namespace tightrope::model {
namespace {

constexpr std::array kTensors = {
    rows::tensor("embed", "embeddings.word_embeddings", "", "[vocab, embedding]"),
    rows::biased("embed.trigram", "embeddings.embedding_transformation", "", "[model, 3*embedding]"),
    rows::tensor("embed.positions", "embeddings.position_embeddings", "", "[positions, model]"),
    rows::tensor("embed.types", "embeddings.token_type_embeddings", "", "[types, model]"),
    rows::biased("embed.norm", "embeddings.LayerNorm", "", "[model]"),
    rows::biased("blocks.*.bottleneck.in", "encoder.layer.*.bottleneck.input.dense", "", "[bottleneck, model]"),
    rows::biased("blocks.*.bottleneck.in_norm", "encoder.layer.*.bottleneck.input.LayerNorm", "", "[bottleneck]"),
    rows::biased("blocks.*.bottleneck.attn", "encoder.layer.*.bottleneck.attention.dense", "", "[bottleneck, model]"),
    rows::biased("blocks.*.bottleneck.attn_norm", "encoder.layer.*.bottleneck.attention.LayerNorm", "", "[bottleneck]"),
    rows::biased("blocks.*.attn.q", "encoder.layer.*.attention.self.query", "", "[bottleneck, bottleneck]"),
    rows::biased("blocks.*.attn.k", "encoder.layer.*.attention.self.key", "", "[bottleneck, bottleneck]"),
    rows::biased("blocks.*.attn.v", "encoder.layer.*.attention.self.value", "", "[bottleneck, model]"),
    rows::biased("blocks.*.attn.o", "encoder.layer.*.attention.output.dense", "", "[bottleneck, bottleneck]"),
    rows::biased("blocks.*.attn_out_norm", "encoder.layer.*.attention.output.LayerNorm", "", "[bottleneck]"),
    rows::biased("blocks.*.stacked.#.up", "encoder.layer.*.ffn.#.intermediate.dense", "", "[ffn, bottleneck]"),
    rows::biased("blocks.*.stacked.#.down", "encoder.layer.*.ffn.#.output.dense", "", "[bottleneck, ffn]"),
    rows::biased("blocks.*.stacked.#.out_norm", "encoder.layer.*.ffn.#.output.LayerNorm", "", "[bottleneck]"),
    rows::biased("blocks.*.ffn.up", "encoder.layer.*.intermediate.dense", "", "[ffn, bottleneck]"),
    rows::biased("blocks.*.ffn.down", "encoder.layer.*.output.dense", "", "[bottleneck, ffn]"),
    rows::biased("blocks.*.ffn_out_norm", "encoder.layer.*.output.LayerNorm", "", "[bottleneck]"),
    rows::biased("blocks.*.bottleneck.out", "encoder.layer.*.output.bottleneck.dense", "", "[model, bottleneck]"),
    rows::biased("blocks.*.bottleneck.out_norm", "encoder.layer.*.output.bottleneck.LayerNorm", "", "[model]"),
};
constexpr std::array kBare = {rows::optional_pooler("pooler.dense", "")};
constexpr std::array kMaskedLm = {rows::biased("head.dense", "cls.predictions.transform.dense", "", "[model, model]"),
                                  rows::biased("head.norm", "cls.predictions.transform.LayerNorm", "", "[model]"),
                                  rows::part("head.extra", {"cls.predictions.dense", Part::transposed}, {}, "[vocab, model-embedding]"),
                                  rows::head_bias("cls.predictions.bias", "", "[vocab]")};
constexpr std::array kSequence = {rows::biased("pooler", "mobilebert.pooler.dense", "", "[model, model]"), rows::classifier("classifier"),
                                  rows::head_bias("classifier.bias", "", "[labels]")};
constexpr HeadSpec kHeads[] = {{"MobileBertModel", kBare, HeadSpec::Kind::hidden},
                               {"MobileBertForMaskedLM", kMaskedLm, HeadSpec::Kind::masked_lm, Activation::configured},
                               {"MobileBertForPreTraining", kMaskedLm, HeadSpec::Kind::masked_lm, Activation::configured},
                               {"MobileBertForSequenceClassification", kSequence, HeadSpec::Kind::sequence},
                               {"MobileBertForTokenClassification", rows::kTokenHead, HeadSpec::Kind::tokens},
                               {"MobileBertForQuestionAnswering", rows::kSpanHead, HeadSpec::Kind::span}};
constexpr KeyAlias kKeys[] = {{"rms_norm_eps", "layer_norm_eps"}};
constexpr std::string_view kIgnored[] = {"*embeddings.position_ids", "cls.seq_relationship.*", "cls.predictions.decoder.*",
                                         "mobilebert.pooler.*"};

}  // namespace

extern const Arch mobilebert;
constinit const Arch mobilebert = {
    .name = "mobilebert",
    .hf_model_type = "mobilebert",
    .hf_prefix = "mobilebert.",
    .gguf_arch = "",
    .block = {.norm = Norm::affine, .attention = {.causal = false, .rope = Rope::none}},
    .tensors = kTensors,
    .heads = kHeads,
    .hf_keys = kKeys,
    .hf_defaults = R"({"layer_norm_eps": 1e-12, "hidden_act": "relu", "type_vocab_size": 2, "max_position_embeddings": 512,
                       "embedding_size": 128, "intra_bottleneck_size": 128, "num_feedforward_networks": 4, "tie_word_embeddings": true,
                       "pad_token_id": 0})",
    .hf_only = R"({"use_bottleneck": true, "use_bottleneck_attention": false, "key_query_shared_bottleneck": true,
                   "trigram_input": true, "normalization_type": "no_norm", "classifier_activation": true})",
    .ignored = kIgnored,
};

}  // namespace tightrope::model
