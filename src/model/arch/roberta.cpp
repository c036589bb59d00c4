// RoBERTa, CamemBERT and XLM-RoBERTa: BERT whose positions begin after the padding token. GGUF files call it bert.
#include "model/arch/encoder_rows.h"

namespace tightrope::model {
namespace {

constexpr auto kEmbeddings = rows::bert_embeddings("[vocab, model]", "[positions, model]", "[types, model]");
constexpr TensorSpec kPositions = rows::part("embed.positions", {"embeddings.position_embeddings"},
                                             {.name = "position_embd", .part = Part::beyond_padding, .f32 = true}, "[positions, model]");
constexpr auto kTensors = rows::joined(std::array{kEmbeddings[0], kPositions, kEmbeddings[2], kEmbeddings[3]}, rows::kBertBlock);

constexpr std::array kBare = {rows::optional_pooler("pooler.dense", "cls")};
constexpr std::array kMaskedLm = {rows::biased("head.dense", "lm_head.dense", "", "[model, model]"),
                                  rows::biased("head.norm", "lm_head.layer_norm", "", "[model]"),
                                  rows::tensor("head", "lm_head.decoder", "", "[vocab, model]", Bias::never, Presence::untied),
                                  rows::head_bias("lm_head.bias", "", "[vocab]")};
constexpr std::array kSequence = {rows::biased("head.dense", "classifier.dense", "cls", "[model, model]"),
                                  rows::classifier("classifier.out_proj", "cls.output"),
                                  rows::head_bias("classifier.out_proj.bias", "cls.output.bias", "[labels]")};
constexpr std::array kTokens = {rows::classifier("classifier"), rows::head_bias("classifier.bias", "", "[labels]")};
constexpr std::array kSpan = {rows::span_head("qa_outputs"), rows::head_bias("qa_outputs.bias", "", "[2]")};
constexpr HeadSpec kHeads[] = {{"RobertaModel", HeadSpec::Kind::hidden, kBare},
                               {"RobertaForMaskedLM", HeadSpec::Kind::masked_lm, kMaskedLm, Activation::gelu},
                               {"RobertaForSequenceClassification", HeadSpec::Kind::sequence, kSequence, Activation::tanh},
                               {"RobertaForTokenClassification", HeadSpec::Kind::tokens, kTokens},
                               {"RobertaForQuestionAnswering", HeadSpec::Kind::span, kSpan}};
constexpr KeyAlias kKeys[] = {{"rms_norm_eps", "layer_norm_eps"}};

}  // namespace

extern const Arch roberta;
constinit const Arch roberta = {
    .name = "roberta",
    .hf_model_type = "roberta",
    .hf_prefix = "roberta.",
    .gguf_arch = "bert",
    .embedding = {.positions_after_padding = true},
    .block = {.norm = Norm::layer, .attention = {.causal = false, .rope = Rope::none}},
    .tensors = kTensors,
    .heads = kHeads,
    .hf_keys = kKeys,
    .hf_defaults = R"({"layer_norm_eps": 1e-12, "hidden_act": "gelu", "type_vocab_size": 2, "max_position_embeddings": 512,
                       "tie_word_embeddings": true, "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2})",
    .hf_only = rows::kBertOnly,
    .ignored = rows::kBertIgnored,
};

}  // namespace tightrope::model
