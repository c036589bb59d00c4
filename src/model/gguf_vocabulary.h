// Tokens, merges and scores of a GGUF's tokenizer, and what of a definition travels under a key of our own.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "checkpoint/container.h"
#include "text/definition.h"

namespace tightrope::model {

[[noreturn]] void malformed_gguf_tokenizer(std::string_view rule);

std::vector<text::Token> read_gguf_tokens(const checkpoint::Metadata& metadata);
std::vector<std::pair<std::string, std::string>> read_gguf_merges(const checkpoint::Metadata& metadata, std::string_view key);
// The tokens that are matched in the text: those that are not the model's.
std::vector<text::TokenizerDefinition::Added> gguf_added_tokens(const std::vector<text::Token>& tokens);

// `vocab`: how many tokens the model embeds.
void write_gguf_tokens(const text::TokenizerDefinition& definition, std::uint64_t vocab, checkpoint::Metadata& metadata);
void write_gguf_scores(const text::TokenizerDefinition& definition, checkpoint::Metadata& metadata);
void write_gguf_merges(const std::vector<std::pair<std::string, std::string>>& merges, std::string_view key,
                       checkpoint::Metadata& metadata);

// Everything of a definition but its tokens, merges, special ids and chat template, as tokenizer.json would describe it.
Json gguf_components(const text::TokenizerDefinition& definition);
void read_gguf_components(const Json& description, text::TokenizerDefinition& definition);

}  // namespace tightrope::model
