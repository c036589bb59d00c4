// BERT: post-norm blocks that see both ways; also what MiniLM and TinyBERT are.
#include "model/arch/encoder_rows.h"

namespace tightrope::model {
namespace {

constexpr auto kTensors = rows::joined(rows::bert_embeddings("[vocab, model]", "[positions, model]", "[types, model]"), rows::kBertBlock);

constexpr TensorSpec kPooler = rows::biased("pooler", "bert.pooler.dense", "cls", "[model, model]");
constexpr std::array kBare = {rows::optional_pooler("pooler.dense", "cls")};
constexpr std::array kMaskedLm = {rows::biased("head.dense", "cls.predictions.transform.dense", "", "[model, model]"),
                                  rows::biased("head.norm", "cls.predictions.transform.LayerNorm", "", "[model]"),
                                  rows::tensor("head", "cls.predictions.decoder", "", "[vocab, model]", Bias::never, Presence::untied),
                                  rows::head_bias("cls.predictions.bias", "", "[vocab]")};
constexpr std::array kSequence = {kPooler, rows::classifier("classifier", "cls.output"),
                                  rows::head_bias("classifier.bias", "cls.output.bias", "[labels]")};
constexpr std::array kTokens = {rows::classifier("classifier"), rows::head_bias("classifier.bias", "", "[labels]")};
constexpr std::array kSpan = {rows::span_head("qa_outputs"), rows::head_bias("qa_outputs.bias", "", "[2]")};
constexpr HeadSpec kHeads[] = {{"BertModel", HeadSpec::Kind::hidden, kBare},
                               {"BertForMaskedLM", HeadSpec::Kind::masked_lm, kMaskedLm, Activation::configured},
                               {"BertForPreTraining", HeadSpec::Kind::masked_lm, kMaskedLm, Activation::configured},
                               {"BertForSequenceClassification", HeadSpec::Kind::sequence, kSequence},
                               {"BertForTokenClassification", HeadSpec::Kind::tokens, kTokens},
                               {"BertForQuestionAnswering", HeadSpec::Kind::span, kSpan}};
constexpr KeyAlias kKeys[] = {{"rms_norm_eps", "layer_norm_eps"}};

}  // namespace

extern const Arch bert;
constinit const Arch bert = {
    .name = "bert",
    .hf_model_type = "bert",
    .hf_prefix = "bert.",
    .gguf_arch = "bert",
    .block = {.norm = Norm::layer, .attention = {.causal = false, .rope = Rope::none}},
    .tensors = kTensors,
    .heads = kHeads,
    .hf_keys = kKeys,
    .hf_defaults = R"({"layer_norm_eps": 1e-12, "hidden_act": "gelu", "type_vocab_size": 2, "max_position_embeddings": 512,
                       "tie_word_embeddings": true, "pad_token_id": 0})",
    .hf_only = rows::kBertOnly,
    .ignored = rows::kBertIgnored,
};

}  // namespace tightrope::model
