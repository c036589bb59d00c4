// Tensors of ours from the rows of a container's tensors, and the way back.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "model/tensor_plan.h"
#include "model/weight.h"

namespace tightrope::model {

// `stored` are the location's tensors, in its order and shape. Rows that lie together are not copied.
// Errors: malformed (experts of different formats), unsupported (a transposed tensor of blocks).
Weight gathered(const std::vector<Weight>& stored, const Location& location, const Shape& shape);

// One tensor of a container, made from one or several of ours.
struct StoredTensor {
  std::string name;
  Weight weight;
};

// All tensors of the container in the order of the plan. `weight_of` gives a planned tensor's weight, or null when the model has it not
// (allowed where it is optional). Errors: unsupported, naming a tensor that the container has no place for, or tensors that one stored
// tensor is made from and that are of different formats.
std::vector<StoredTensor> scattered(const std::vector<PlannedTensor>& plan, Location PlannedTensor::*container, std::string_view what,
                                    const std::function<const Weight*(const PlannedTensor&)>& weight_of);

}  // namespace tightrope::model
