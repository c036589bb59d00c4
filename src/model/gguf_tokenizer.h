// The tokenizer's keys in a GGUF, both ways.
#pragma once

#include "checkpoint/container.h"
#include "text/tokenizer.h"

namespace tightrope::model {

bool has_gguf_tokenizer(const checkpoint::Metadata& metadata);
// Errors: malformed; unsupported, naming tokenizer.ggml.model or .pre and what is supported.
text::BpeDefinition read_gguf_tokenizer(const checkpoint::Metadata& metadata);
// A GGUF has as many tokens as the model embeds (`vocab`): ids without a token get a placeholder, which reading takes away again.
void write_gguf_tokenizer(const text::BpeDefinition& definition, std::uint64_t vocab, checkpoint::Metadata& metadata);

}  // namespace tightrope::model
