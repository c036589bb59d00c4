// Hugging Face's tokenizer.json, read strictly and written back.
#pragma once

#include <string>
#include <string_view>

#include "text/definition.h"

namespace tightrope::text {

// `tokenizer_json` and `tokenizer_config_json` are file contents; the second may be empty (then BOS and EOS come from the template only).
// The sections on truncation and padding are read past: they say how batches are made, not what a text's tokens are.
// Errors: malformed; unsupported, naming the component and what is supported.
TokenizerDefinition parse_tokenizer_json(std::string_view tokenizer_json, std::string_view tokenizer_config_json);

// The inverse: a tokenizer.json and a tokenizer_config.json that Hugging Face's libraries read to the same ids.
std::string write_tokenizer_json(const TokenizerDefinition& definition);
std::string write_tokenizer_config_json(const TokenizerDefinition& definition);

// The kind of model and of pre-tokenizers, for people ("byte-level BPE, llama-bpe").
std::string describe(const TokenizerDefinition& definition);

}  // namespace tightrope::text
