// What the files of a sentence model ask for: pooling, normalisation, prompts, the longest text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tasks/sentence_files.h"

namespace tightrope::tasks {

struct SentenceSettings {
  std::vector<const Pooling*> poolings;  // joined in this order; empty: nothing said
  bool normalize = false;
  std::uint64_t most_tokens = 0;                             // 0: nothing said
  std::vector<std::pair<std::string, std::string>> prompts;  // name and text
  std::string default_prompt;                                // a name; empty: none
  bool pools_prompt = true;                                  // a prompt's tokens are pooled with the text's
  std::string unsettled;                                     // an error unless somebody chooses a pooling; empty: none
  std::string unsupported;                                   // an error in any case: what would change the vectors; empty: none
  std::vector<std::string> notices;
};

// Errors: malformed. What is not known is no error yet: whoever only carries the files along need not understand them.
SentenceSettings settings_of(const SentenceFiles& files);
// llama.cpp's pooling_type that says the same; none for what it has no type for.
std::optional<std::uint64_t> gguf_type_of(const SentenceSettings& settings);

}  // namespace tightrope::tasks
