// The two kinds of checkpoint, each with its own reader.
#pragma once

#include <filesystem>

#include "model/model.h"

namespace tightrope::model {

// `weights` is the folder itself, or one .safetensors file in it.
Model load_huggingface(const std::filesystem::path& folder, const std::filesystem::path& weights);
Model load_gguf(const std::filesystem::path& file);
// The family of a GGUF: what it says itself, or the first whose tensors it has. Errors: unsupported.
const Arch& arch_of_gguf(const checkpoint::Container& container);

}  // namespace tightrope::model
