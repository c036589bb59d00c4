// What the public Model hides: the model itself, where it came from and what was done to it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "formats/codec.h"
#include "model/model.h"
#include "tasks/sentence_source.h"
#include "tightrope/model.h"

namespace tightrope {

struct Model::Implementation {
  model::Model model;
  std::filesystem::path path;                      // it was loaded from; the source of what was made of it
  std::string container;                           // "gguf", "safetensors", "memory"
  Json recipe = Json::array();                     // steps done since it was loaded
  std::vector<std::string> notices;                // of those steps
  std::vector<std::filesystem::path> others = {};  // that it is made from as well: an adapter's folder
};

namespace toolkit {

// A copy of the handle's contents with another model, which no file holds yet. `other`: what besides the base it is made from.
Model derived(const Model& base, model::Model changed, const Json& step, const std::vector<std::string>& notices,
              const std::filesystem::path& other = {});

// What the file or folder that a model comes from says of embeddings.
tasks::SentenceSource sentences_of(const Model::Implementation& model);

// The codec of this machine's kernels; static storage.
const formats::Codec& machine_codec();

// What generated tokens say, without control tokens. A model may embed more tokens than its tokenizer has (padding up to a round number);
// those say nothing.
std::string decoded(const text::Tokenizer& tokenizer, std::span<const text::TokenId> generated);

// Bytes on disk of a GGUF or of a folder's weights.
std::uint64_t bytes_on_disk(const std::filesystem::path& path);

// "now" in UTC, as "2026-01-31 12:00 UTC".
std::string date_now();

}  // namespace toolkit
}  // namespace tightrope
