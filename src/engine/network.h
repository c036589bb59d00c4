// A model's weights laid out for running: what the interpreter walks over. A part that a model lacks is empty.
#pragma once

#include <optional>
#include <vector>

#include "engine/linear.h"

namespace tightrope::engine {

struct NormLayer {
  kernels::NormFunction kernels::KernelTable::*function = nullptr;
  kernels::AlignedFloats weight, bias;  // [length]; the bias may be empty

  bool present() const { return !weight.empty(); }
};

// down(activation(gate(x)) * up(x)), or down(activation(up(x))) without a gate.
struct FeedForward {
  Linear gate, up, down;
};

// The rows of expert e: [e * rows / experts, (e + 1) * rows / experts).
struct Experts {
  Linear router;          // [experts, model]
  Linear gate, up, down;  // [experts * expert_ffn, model] twice, [experts * model, expert_ffn]
};

struct StackedFeedForward {
  FeedForward ffn;
  NormLayer out_norm;
};

struct Bottleneck {
  Linear in, attn, out;
  NormLayer in_norm, attn_norm, out_norm;
};

struct Block {
  NormLayer attn_norm, attn_post_norm, attn_out_norm, ffn_norm, ffn_post_norm, ffn_out_norm;
  NormLayer q_norm, k_norm;  // [head], or [heads * head] and [kv_heads * head]
  Linear q, k, v, o;
  FeedForward ffn;
  std::optional<Experts> experts;
  std::optional<Bottleneck> bottleneck;
  std::vector<StackedFeedForward> stacked;
};

struct Network {
  model::Weight embed;                            // [vocab, embedding], in memory
  std::optional<model::Weight> positions, types;  // [positions, width], [types, width], in memory
  Linear trigram, project;                        // [model, 3 * embedding], [model, embedding]
  NormLayer embed_norm;
  std::vector<Block> blocks;  // [groups]
  NormLayer norm;
  Linear pooler, dense;  // [model, model], [width of the head's input, model]
  NormLayer head_norm;
  Linear head;   // the embedding's rows when the model is tied; empty when the model gives hidden states
  Linear extra;  // [vocab, model - embedding]
};

// Errors: unsupported (a weight in a format that holds none), malformed (a norm or bias that is not finite; parts that do not go together).
Network load_network(const model::Model& model, Runtime& runtime);

// Looks for a number that is not finite in every weight and fails with malformed naming the first such tensor; returns when there is none.
void refuse_non_finite(const model::Model& model);

}  // namespace tightrope::engine
