// A forward pass as a textbook would write it: one token after another, double precision, nothing shared with the engine.
#pragma once

#include <span>
#include <vector>

#include "model/model.h"

namespace tightrope::testing {

struct NaiveResult {
  std::vector<std::vector<double>> hidden;  // [blocks + 1][tokens * model]; the last one after the final norm
  std::vector<double> logits;               // [tokens, vocab or labels]: the head applied to every token; empty without a head
};

// Token types are all 0. Unscaled RoPE only.
NaiveResult naive_forward(const model::Model& model, std::span<const text::TokenId> tokens);

}  // namespace tightrope::testing
