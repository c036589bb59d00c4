// How GGUF names the ways in which byte-level BPE cuts text into words (tokenizer.ggml.pre).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/components.h"

namespace tightrope::model {

struct GgufWords {
  std::string_view name;                              // the one to write
  std::vector<text::PreTokenizerPointer> components;  // the last one spells bytes
  bool ignore_merges = false;                         // what the name implies: GGUF has no key for it
};

// Errors: unsupported, naming `name` and what is supported.
GgufWords read_gguf_words(std::string_view name);
// The name for components and a way of merging; a name with the right components and the wrong way where there is no better one. Errors:
// unsupported, when no name says what the components do.
GgufWords find_gguf_words(const std::vector<text::PreTokenizerPointer>& components, bool ignore_merges);

}  // namespace tightrope::model
