// Every tensor a model of an architecture and its numbers must have: its name, its shape, and where it lies in each container.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/arch.h"
#include "model/config.h"
#include "model/location.h"
#include "tensor/shape.h"

namespace tightrope::model {

struct PlannedTensor {
  std::string canonical;  // as NamedWeight::name
  Shape shape;
  Presence presence = Presence::required;
  Location huggingface, gguf;  // without stored tensors where the container has no place for it
};

// In the arch's order, block by block, then the head's; a bias follows its weight. What Presence::untied says is taken into account.
// `prefixed`: Hugging Face's names of the trunk begin with the architecture's prefix.
std::vector<PlannedTensor> plan_tensors(const Arch& arch, const Config& config, bool prefixed = true);

// The pattern with the block's number in place of its '*'.
std::string numbered(std::string_view pattern, std::uint64_t block);

// "[heads*head, model]" in numbers.
Shape shape_of(std::string_view words, const Config& config);

bool has_tensor(const Arch& arch, std::string_view canonical);

}  // namespace tightrope::model
