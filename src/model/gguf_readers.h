// What other readers of a GGUF make of the model in it.
#pragma once

#include <string>
#include <vector>

#include "model/model.h"

namespace tightrope::model {

// Sentences on what they compute otherwise than the model does, or that they refuse it; empty: they agree. docs/models.md lists them.
std::vector<std::string> gguf_differences(const Model& model);

}  // namespace tightrope::model
