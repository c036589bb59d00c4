// Where a model says how its embeddings are made, and saying the same in another container.
#pragma once

#include <filesystem>
#include <optional>

#include "checkpoint/container.h"
#include "model/model.h"
#include "tasks/sentence_settings.h"

namespace tightrope::tasks {

struct SentenceSource {
  SentenceFiles files;
  std::optional<std::uint64_t> gguf_type;  // a GGUF's pooling_type, or the one that says what the files do
  std::vector<std::string> notices;
};

// Errors: malformed, io.
SentenceSource sentences_of_folder(const std::filesystem::path& folder);
// Files inside the GGUF count while they agree with its pooling type.
SentenceSource sentences_of_gguf(const std::filesystem::path& file);

// Where there are no files, a pooling type stands for itself, and vectors have length 1 as llama.cpp makes them. Errors: malformed.
SentenceSettings settings_of(const SentenceSource& source);

// The pooling type for any reader of a GGUF, and the files, which say more, for our own.
void add_sentence_keys(const SentenceSource& source, const model::Model& model, checkpoint::Metadata& metadata);
// For a folder; empty when nothing is said that they could say.
SentenceFiles files_to_save(const SentenceSource& source, const model::Model& model);

}  // namespace tightrope::tasks
