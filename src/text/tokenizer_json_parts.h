// The components around the model in a tokenizer.json: which of them we support, and what they add to a definition.
#pragma once

#include "base/json.h"
#include "text/tokenizer.h"

namespace tightrope::text {

// Each refuses what is not supported with an `unsupported` error that names the component and what is supported. Null: absent.
void check_model_options(const Json& model);
void check_normalizer(const Json* normalizer);
void check_decoder(const Json* decoder);
void read_pre_tokenizer(const Json& pre_tokenizer, BpeDefinition& definition);
void read_post_processor(const Json* processor, BpeDefinition& definition);

}  // namespace tightrope::text
