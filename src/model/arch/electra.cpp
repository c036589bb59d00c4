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

constexpr std::array kMaskedLm = {rows::biased("head.dense", "generator_predictions.dense", "", "[embedding, model]"),
                                  rows::biased("head.norm", "generator_predictions.LayerNorm", "", "[embedding]"),
                                  rows::tensor("head", "generator_lm_head", "", "[vocab, embedding]", Bias::never, Presence::untied),
                                  rows::head_bias("generator_lm_head.bias", "", "[vocab]")};
constexpr std::array kSequence = {rows::biased("head.dense", "classifier.dense", "", "[model, model]"),
                                  rows::classifier("classifier.out_proj"), rows::head_bias("classifier.out_proj.bias", "", "[labels]")};
constexpr std::array kTokens = {rows::classifier("classifier"), rows::head_bias("classifier.bias", "", "[labels]")};
constexpr std::array kSpan = {rows::span_head("qa_outputs"), rows::head_bias("qa_outputs.bias", "", "[2]")};
constexpr HeadSpec kHeads[] = {{"ElectraModel"},
                               {"ElectraForMaskedLM", HeadSpec::Kind::masked_lm, kMaskedLm, Activation::gelu},
                               {"ElectraForSequenceClassification", HeadSpec::Kind::sequence, kSequence, Activation::gelu},
                               {"ElectraForTokenClassification", HeadSpec::Kind::tokens, kTokens},
                               {"ElectraForQuestionAnswering", HeadSpec::Kind::span, kSpan}};
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
