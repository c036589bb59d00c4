// The tokenizer's keys in a GGUF, both ways.
#pragma once

#include "checkpoint/container.h"
#include "text/definition.h"

namespace tightrope::model {

bool has_gguf_tokenizer(const checkpoint::Metadata& metadata);
// Errors: malformed; unsupported, naming tokenizer.ggml.model or .pre and what is supported.
text::TokenizerDefinition read_gguf_tokenizer(const checkpoint::Metadata& metadata);
// A GGUF has as many tokens as the model embeds (`vocab`): ids without a token get a filler, which reading takes away again.
// Errors: unsupported, for what GGUF cannot hold so that other readers give the same tokens.
void write_gguf_tokenizer(const text::TokenizerDefinition& definition, std::uint64_t vocab, checkpoint::Metadata& metadata);

}  // namespace tightrope::model
