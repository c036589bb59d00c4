// BERT: post-norm blocks that see both ways; also what MiniLM and TinyBERT are.
#include "model/arch/encoder_rows.h"

namespace tightrope::model {
namespace {

constexpr auto kTensors = rows::joined(rows::bert_embeddings("[vocab, model]", "[positions, model]", "[types, model]"), rows::kBertBlock);

constexpr TensorSpec kPooler = rows::biased("pooler", "bert.pooler.dense", "cls", "[model, model]");
constexpr std::array kBare = {rows::optional_pooler("pooler.dense", "cls")};
constexpr auto kMaskedLm = rows::masked_lm_head(
    {"cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.decoder", "cls.predictions.bias"});
constexpr std::array kSequence = {kPooler, rows::classifier("classifier", "cls.output"),
                                  rows::head_bias("classifier.bias", "cls.output.bias", "[labels]")};
constexpr HeadSpec kHeads[] = {{"BertModel", kBare, HeadSpec::Kind::hidden},
                               {"BertForMaskedLM", kMaskedLm, HeadSpec::Kind::masked_lm, Activation::configured},
                               {"BertForPreTraining", kMaskedLm, HeadSpec::Kind::masked_lm, Activation::configured},
                               {"BertForSequenceClassification", kSequence, HeadSpec::Kind::sequence},
                               {"BertForTokenClassification", rows::kTokenHead, HeadSpec::Kind::tokens},
                               {"BertForQuestionAnswering", rows::kSpanHead, HeadSpec::Kind::span}};
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
