// Models from and to disk: Hugging Face folders and GGUF files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkpoint/container.h"
#include "model/model.h"

namespace tightrope::model {

// A folder with config.json and safetensors, one .safetensors beside its config.json, or a .gguf. Every tensor of the architecture must be
// there with the shape its config implies, and nothing else that is not known to be ignorable.
// Errors: not_found, io, malformed, unsupported.
Model load_model(const std::filesystem::path& path);

struct SaveOptions {
  checkpoint::WriteOptions write;
  checkpoint::Metadata extra;                              // GGUF keys to add (provenance)
  std::vector<std::pair<std::string, std::string>> texts;  // files to add to a folder: name, perhaps in a folder of its own, and content
  const formats::Codec* codec = &formats::kScalarCodec;    // for the conversions a container demands (norms are F32 in GGUF)
};

// GGUF: matrices keep their format, one-dimensional tensors become F32, query and key rows take the order the arch says.
void save_gguf(const Model& model, const std::filesystem::path& file, const SaveOptions& options);
// A folder with config.json, tokenizer files and safetensors; block formats are an error that says to decode first (`--type bf16`).
void save_huggingface(const Model& model, const std::filesystem::path& folder, const SaveOptions& options);

}  // namespace tightrope::model
