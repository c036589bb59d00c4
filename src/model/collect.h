// Matches the tensors of a file with those a model must have.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/container.h"
#include "model/model.h"
#include "model/tensor_plan.h"

namespace tightrope::model {

struct Collect {
  std::string_view source;                                  // begins errors: "[huggingface]"
  Location PlannedTensor::*place;                           // where the file has a tensor
  std::function<bool(const checkpoint::Entry&)> ignorable;  // tensors beyond the plan that may be there
};

// Weights in the plan's order, rows as ours; optional tensors that the file lacks are left out. Errors: malformed, naming tensors that are
// missing, unexpected or of another shape; unsupported for element types that are no weights.
std::vector<NamedWeight> collect(const checkpoint::Container& container, const std::vector<PlannedTensor>& plan, const Collect& how);

// The commonest format of the matrices by elements; null when there are none.
const formats::Format* main_format(std::span<const NamedWeight> weights);
// The same as config.json's dtype: "bfloat16"; empty when it is no plain format.
std::string main_dtype(std::span<const NamedWeight> weights);

// Throws unsupported when the model has an adapter, which no container of models holds.
void refuse_adapter(const Model& model);

// Rows for a writer; its errors name the tensor.
checkpoint::PendingEntry pending(const std::string& name, const Weight& weight);

}  // namespace tightrope::model
