// Hugging Face's tokenizer.json, read strictly and written back.
#pragma once

#include <string>
#include <string_view>

#include "text/tokenizer.h"

namespace tightrope::text {

// `tokenizer_json` and `tokenizer_config_json` are file contents; the second may be empty (then BOS and EOS come from the template only).
// Errors: malformed; unsupported, naming the component and what is supported.
BpeDefinition parse_tokenizer_json(std::string_view tokenizer_json, std::string_view tokenizer_config_json);

// The inverse: a tokenizer.json and a tokenizer_config.json that Hugging Face's libraries read to the same ids.
std::string write_tokenizer_json(const BpeDefinition& definition);
std::string write_tokenizer_config_json(const BpeDefinition& definition);

}  // namespace tightrope::text
