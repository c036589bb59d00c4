// Recognises files that are something else than their reader was told, and refuses them with the way out.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tightrope::checkpoint {

// Throws unsupported for a PyTorch pickle or ZIP, a PDF, a legacy GGML file, and for the one of GGUF and safetensors that `operation`
// ("gguf", "safetensors") is not.
void refuse_other_kinds(std::span<const std::byte> file, std::string_view operation, std::string_view what);

}  // namespace tightrope::checkpoint
