// A model's weights laid out for running: what the interpreter walks over.
#pragma once

#include <vector>

#include "engine/linear.h"

namespace tightrope::engine {

struct Block {
  kernels::AlignedFloats attn_norm, ffn_norm;  // [model]
  kernels::AlignedFloats q_norm, k_norm;       // [head], empty unless the architecture has them
  Linear q, k, v, o, gate, up, down;
};

struct Network {
  model::Weight embed;  // [vocab, model], in memory
  std::vector<Block> blocks;
  kernels::AlignedFloats norm;  // [model]
  Linear head;                  // the embedding's rows when the model is tied
};

// Errors: unsupported, malformed (a norm or bias that is not finite).
Network load_network(const model::Model& model);

// Looks for a number that is not finite in every weight and fails with malformed naming the first such tensor; returns when there is none.
void refuse_non_finite(const model::Model& model);

}  // namespace tightrope::engine
