// Linear layers from any weight format: panels of rows are decoded to floats and multiplied with every token of the batch.
#pragma once

#include <span>
#include <string>

#include "engine/runtime.h"
#include "model/model.h"

namespace tightrope::engine {

struct Linear {
  std::string name;             // canonical: "blocks.0.attn.q"
  model::Weight weight;         // [out, in], in memory
  kernels::AlignedFloats bias;  // [out], or empty
  std::size_t out = 0, in = 0;
  const float* plain = nullptr;  // the weight's own bytes when they are floats already
};

// `weight_name` may differ from `name` (a tied head uses the embedding). The bias is `name`.bias where the model has one.
Linear load_linear(const model::Model& model, std::string_view name, std::string_view weight_name);

// A vector of the model, decoded. Errors: malformed when a number is not finite.
kernels::AlignedFloats load_vector(const model::Model& model, std::string_view name);

// y[t] = weight * x[t] + bias
struct LinearCall {
  const Linear& layer;
  float* y;  // [tokens, out]
};

// All layers read the same x [tokens, in]; together they are one parallel loop.
void apply(Runtime& runtime, std::span<const LinearCall> calls, const float* x, std::size_t tokens);

}  // namespace tightrope::engine
