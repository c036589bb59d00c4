// ELECTRA: BERT with an embedding of its own width; the discriminator's trunk and the usual heads.
#include "model/arch/encoder_rows.h"

namespace tightrope::model {
namespace {

constexpr auto kTensors = rows::joined(rows::bert_embeddings("[vocab, embedding]", "[positions, embedding]", "[types, embedding]"),
                                       std::array{TensorSpec{.canonical = "embed.project",
                                                             .huggingface = {"embeddings_project"},
                                                             .gguf = {},
                                                             .shape = "[model, embedding]",
                                                             .bias = Bias::always,
                                                             .presence = Presence::optional}},
                                       rows::kBertBlock);

constexpr auto kMaskedLm =
    rows::masked_lm_head({"generator_predictions.dense", "generator_predictions.LayerNorm", "generator_lm_head", "generator_lm_head.bias"},
                         "[embedding, model]", "[embedding]", "[vocab, embedding]");
constexpr std::array kSequence = {rows::biased("head.dense", "classifier.dense", "", "[model, model]"),
                                  rows::classifier("classifier.out_proj"), rows::head_bias("classifier.out_proj.bias", "", "[labels]")};
constexpr HeadSpec kHeads[] = {{"ElectraModel"},
                               {"ElectraForMaskedLM", kMaskedLm, HeadSpec::Kind::masked_lm, Activation::gelu},
                               {"ElectraForSequenceClassification", kSequence, HeadSpec::Kind::sequence, Activation::gelu},
                               {"ElectraForTokenClassification", rows::kTokenHead, HeadSpec::Kind::tokens},
                               {"ElectraForQuestionAnswering", rows::kSpanHead, HeadSpec::Kind::span}};
constexpr KeyAlias kKeys[] = {{"rms_norm_eps", "layer_norm_eps"}};

}  // namespace

extern const Arch electra;
constinit const Arch electra = {
    .name = "electra",
    .hf_model_type = "electra",
    .hf_prefix = "electra.",
    .gguf_arch = "",
    .block = {.norm = Norm::layer, .attention = {.causal = false, .rope = Rope::none}},
    .tensors = kTensors,
    .heads = kHeads,
    .hf_keys = kKeys,
    .hf_defaults = R"({"layer_norm_eps": 1e-12, "hidden_act": "gelu", "type_vocab_size": 2, "max_position_embeddings": 512,
                       "embedding_size": 128, "tie_word_embeddings": true, "pad_token_id": 0})",
    .hf_only = rows::kBertOnly,
    .ignored = rows::kBertIgnored,
};

}  // namespace tightrope::model
