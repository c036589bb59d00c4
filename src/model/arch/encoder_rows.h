// Rows and keys that the families around BERT share.
#pragma once

#include "model/arch/rows.h"

namespace tightrope::model::rows {

// A tensor with a bias, or without a place in a GGUF.
constexpr TensorSpec biased(std::string_view canonical, std::string_view huggingface, std::string_view gguf, std::string_view shape) {
  return tensor(canonical, huggingface, gguf, shape, Bias::always);
}

// BERT's block under its own names; RoBERTa and ELECTRA have the same.
inline constexpr std::array kBertBlock = {
    biased("blocks.*.attn.q", "encoder.layer.*.attention.self.query", "blk.*.attn_q", "[heads*head, model]"),
    biased("blocks.*.attn.k", "encoder.layer.*.attention.self.key", "blk.*.attn_k", "[heads*head, model]"),
    biased("blocks.*.attn.v", "encoder.layer.*.attention.self.value", "blk.*.attn_v", "[heads*head, model]"),
    biased("blocks.*.attn.o", "encoder.layer.*.attention.output.dense", "blk.*.attn_output", "[model, heads*head]"),
    biased("blocks.*.attn_out_norm", "encoder.layer.*.attention.output.LayerNorm", "blk.*.attn_output_norm", "[model]"),
    biased("blocks.*.ffn.up", "encoder.layer.*.intermediate.dense", "blk.*.ffn_up", "[ffn, model]"),
    biased("blocks.*.ffn.down", "encoder.layer.*.output.dense", "blk.*.ffn_down", "[model, ffn]"),
    biased("blocks.*.ffn_out_norm", "encoder.layer.*.output.LayerNorm", "blk.*.layer_output_norm", "[model]"),
};

// Token, position and type embeddings of `width`, summed and normed.
constexpr std::array<TensorSpec, 4> bert_embeddings(std::string_view words, std::string_view positions, std::string_view types) {
  return {
      tensor("embed", "embeddings.word_embeddings", "token_embd", words),
      part("embed.positions", {"embeddings.position_embeddings"}, {.name = "position_embd", .f32 = true}, positions),
      part("embed.types", {"embeddings.token_type_embeddings"}, {.name = "token_types", .f32 = true}, types),
      biased("embed.norm", "embeddings.LayerNorm", "token_embd_norm", positions.starts_with("[positions, m") ? "[model]" : "[embedding]")};
}

// The dense layer that a bare trunk may have for its first token.
constexpr TensorSpec optional_pooler(std::string_view huggingface, std::string_view gguf) {
  return tensor("pooler", huggingface, gguf, "[model, model]", Bias::always, Presence::optional);
}

// One linear layer on every token, or on the pooled one.
constexpr TensorSpec classifier(std::string_view huggingface, std::string_view gguf = "") {
  return tensor("head", huggingface, gguf, "[labels, model]");
}
constexpr TensorSpec span_head(std::string_view huggingface) { return tensor("head", huggingface, "", "[2, model]"); }
constexpr TensorSpec head_bias(std::string_view huggingface, std::string_view gguf, std::string_view shape) {
  return bare("head.bias", huggingface, gguf, shape);
}

// The heads on each token that most of them share.
inline constexpr std::array kTokenHead = {classifier("classifier"), head_bias("classifier.bias", "", "[labels]")};
inline constexpr std::array kSpanHead = {span_head("qa_outputs"), head_bias("qa_outputs.bias", "", "[2]")};

// A masked language model's head: a dense layer, a norm, and the embedding again with a bias of its own.
struct MaskedHeadNames {
  std::string_view dense, norm, decoder, bias;
};
constexpr std::array<TensorSpec, 4> masked_lm_head(const MaskedHeadNames& names, std::string_view dense_shape = "[model, model]",
                                                   std::string_view norm_shape = "[model]", std::string_view shape = "[vocab, model]") {
  return {biased("head.dense", names.dense, "", dense_shape), biased("head.norm", names.norm, "", norm_shape),
          tensor("head", names.decoder, "", shape, Bias::never, Presence::untied), head_bias(names.bias, "", "[vocab]")};
}

inline constexpr std::string_view kBertOnly =
    R"({"position_embedding_type": "absolute", "is_decoder": false, "add_cross_attention": false})";

// What old checkpoints, other heads and ties leave in the files.
inline constexpr std::string_view kBertIgnored[] = {"*embeddings.position_ids", "*embeddings.token_type_ids", "cls.seq_relationship.*",
                                                    "*.decoder.bias", "*pooler.dense.*"};

}  // namespace tightrope::model::rows
