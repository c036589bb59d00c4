// RoBERTa: BERT whose positions begin after the padding token. GGUF files call it bert.
#include "model/arch/encoder_rows.h"

namespace tightrope::model {
namespace {

constexpr auto kEmbeddings = rows::bert_embeddings("[vocab, model]", "[positions, model]", "[types, model]");
constexpr TensorSpec kPositions = rows::part("embed.positions", {"embeddings.position_embeddings"},
                                             {.name = "position_embd", .part = Part::beyond_padding, .f32 = true}, "[positions, model]");
constexpr auto kTensors = rows::joined(std::array{kEmbeddings[0], kPositions, kEmbeddings[2], kEmbeddings[3]}, rows::kBertBlock);

constexpr std::array kBare = {rows::optional_pooler("pooler.dense", "cls")};
constexpr auto kMaskedLm = rows::masked_lm_head({"lm_head.dense", "lm_head.layer_norm", "lm_head.decoder", "lm_head.bias"});
constexpr std::array kSequence = {rows::biased("head.dense", "classifier.dense", "cls", "[model, model]"),
                                  rows::classifier("classifier.out_proj", "cls.output"),
                                  rows::head_bias("classifier.out_proj.bias", "cls.output.bias", "[labels]")};
constexpr HeadSpec kHeads[] = {{"RobertaModel", kBare, HeadSpec::Kind::hidden},
                               {"RobertaForMaskedLM", kMaskedLm, HeadSpec::Kind::masked_lm, Activation::gelu},
                               {"RobertaForSequenceClassification", kSequence, HeadSpec::Kind::sequence, Activation::tanh},
                               {"RobertaForTokenClassification", rows::kTokenHead, HeadSpec::Kind::tokens},
                               {"RobertaForQuestionAnswering", rows::kSpanHead, HeadSpec::Kind::span}};
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
