// Making a model smaller.
#pragma once

#include <string>
#include <vector>

#include "tightrope/model.h"
#include "tightrope/passes.h"

namespace tightrope {

// What Quantize::type may name.
struct QuantizationType {
  std::string name, summary;
  double bits_per_weight = 0;  // of the base format; a mix spends a little more
  bool mix = false;            // several formats chosen by each tensor's role
};
std::vector<QuantizationType> quantization_types();

// A new model; `base` is untouched. Tensors are encoded when the result is saved or run, so memory stays bounded.
// Errors: not_found (the type), invalid_argument.
Model optimize(const Model& base, const Quantize& pass);

}  // namespace tightrope
