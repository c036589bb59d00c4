// What a sentence-transformers folder says beside the model: pooling, normalisation, prompts, the longest text.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tasks/pooling.h"

namespace tightrope::tasks {

struct SentenceSettings {
  std::vector<const Pooling*> poolings;  // joined in this order; empty: nothing said
  bool normalize = false;
  std::uint64_t most_tokens = 0;                             // 0: nothing said
  std::vector<std::pair<std::string, std::string>> prompts;  // name and text
  std::string default_prompt;                                // a name; empty: none
  bool pools_prompt = true;                                  // a prompt's tokens are pooled with the text's
};

// Of a model's folder; all empty where it has no modules.json. Errors: unsupported (a module or option that is not known, by name),
// malformed, io.
SentenceSettings read_sentence_files(const std::filesystem::path& folder);

// Of a GGUF, whose vectors are normalised as llama.cpp does it. Errors: unsupported (an unknown pooling type).
SentenceSettings read_gguf_pooling(const std::filesystem::path& file);

}  // namespace tightrope::tasks
