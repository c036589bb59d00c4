// Linear layers from any weight format: floats, block formats and 16-bit floats are packed once and multiplied with activations that are
// rounded for them; of the others, and of all but floats when the engine is to be exact, panels of rows are decoded to floats. What an
// adapter adds to a layer is computed beside it.
#pragma once

#include <span>
#include <string>

#include "engine/packed.h"
#include "engine/runtime.h"
#include "model/model.h"

namespace tightrope::engine {

// What an adapter adds to a linear layer: y = factors * (weight x + up (down x)) + bias.
struct Addition {
  std::size_t rank = 0;
  kernels::AlignedFloats down, up;  // [rank, in], [out, rank]
  kernels::AlignedFloats factors;   // [out], or empty: all one

  bool present() const { return rank > 0; }
};

struct Linear {
  std::string name;      // canonical: "blocks.0.attn.q"
  model::Weight weight;  // [out, in], in memory unless it is packed
  PackedWeights packed;
  kernels::AlignedFloats bias;  // [out], or empty
  std::size_t out = 0, in = 0;
  const float* plain = nullptr;  // the weight's own bytes when they are floats already
  Addition addition = {};

  bool present() const { return out > 0; }
};

// `weight_name` may differ from `name` (a tied head uses the embedding). The bias is `name`.bias where the model has one. A weight of three
// dimensions is one of [all but the last, last].
Linear load_linear(const model::Model& model, std::string_view name, std::string_view weight_name, Runtime& runtime);

// A vector of the model, decoded. Errors: malformed when a number is not finite.
kernels::AlignedFloats load_vector(const model::Model& model, std::string_view name);

// y[t] = after(weight * x[t] + bias), for all rows of the weight or some.
struct LinearCall {
  const Linear& layer;
  const float* x;  // [tokens, in], rows x_stride apart
  float* y;        // [tokens, rows]
  std::size_t tokens;
  std::size_t x_stride = 0;                     // 0: in
  std::size_t first_row = 0, rows = 0;          // 0 rows: all of them
  kernels::ActivationFunction after = nullptr;  // null: nothing

  std::size_t width() const { return rows == 0 ? layer.out : rows; }
  std::size_t stride() const { return x_stride == 0 ? layer.in : x_stride; }
};

// Bytes of a matrix as load_linear keeps it: packed, or as the file has it.
std::uint64_t kept_bytes(const model::Model& model, const model::Weight& weight, std::string_view name, const Runtime& runtime);

// All calls together are one parallel loop. `inputs` is memory for what they read, as their weights want it.
void apply(Runtime& runtime, std::vector<Activations>& inputs, std::span<const LinearCall> calls);

}  // namespace tightrope::engine
