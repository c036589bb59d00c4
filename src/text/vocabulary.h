// The vocabulary of a tokenizer.json: tokens by id, and ids by spelling.
#pragma once

#include <string_view>

#include "base/json.h"
#include "text/definition.h"
#include "text/hash_tables.h"

namespace tightrope::text {

// Ids are counted from 0 with few holes; a lone huge id must not make us allocate a vocabulary. Errors: malformed.
Token& token_at(TokenizerDefinition& definition, std::uint64_t id, std::size_t entries);
void check_token_count(std::size_t entries);

// {"piece": id, …}. `added`: how many added tokens the file has beside them.
void read_vocabulary(const Json& vocabulary, std::size_t added, TokenizerDefinition& definition);
Json write_vocabulary(const TokenizerDefinition& definition, const std::vector<bool>& members);

// Spellings to ids, of the tokens that are in use.
StringTable ids_of_pieces(const TokenizerDefinition& definition);

// The id of the token that the model's member `key` names; -1 when it is absent or null. Errors: malformed, when there is no such token.
std::int64_t named_token_of_model(const Json& model, std::string_view key, const TokenizerDefinition& definition);
Json piece_or_null(const TokenizerDefinition& definition, std::int64_t id);

}  // namespace tightrope::text
