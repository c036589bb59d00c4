// The vocabulary of a tokenizer.json: tokens by id, and ids by spelling.
#include "text/vocabulary.h"

#include <algorithm>

#include "base/error.h"

namespace tightrope::text {

void check_token_count(std::size_t entries) {
  if (entries > kMaximumTokens) fail(ErrorCode::malformed, "[tokenizer] {} tokens are more than the limit of {}", entries, kMaximumTokens);
}

Token& token_at(TokenizerDefinition& definition, std::uint64_t id, std::size_t entries) {
  const std::uint64_t limit = std::min<std::uint64_t>(kMaximumTokens, 4 * std::uint64_t{entries} + 4096);
  if (id >= limit)
    fail(ErrorCode::malformed, "[tokenizer] token id {} is out of range for {} tokens (limit {}); the file is damaged", id, entries, limit);
  if (id >= definition.tokens.size()) definition.tokens.resize(id + 1, Token{"", TokenKind::unused});
  return definition.tokens[id];
}

void read_vocabulary(const Json& vocabulary, std::size_t added, TokenizerDefinition& definition) {
  const Json::Object& entries = vocabulary.as_object("vocab of tokenizer.json");
  if (entries.empty()) fail(ErrorCode::malformed, "[tokenizer] the vocabulary of tokenizer.json is empty; the file is damaged");
  const std::size_t count = entries.size() + added;
  check_token_count(count);
  definition.tokens.reserve(count);
  for (const auto& [piece, value] : entries) {
    const std::uint64_t id = value.as_uint("a token id of tokenizer.json");
    Token& token = token_at(definition, id, count);
    if (token.kind != TokenKind::unused)
      fail(ErrorCode::malformed, "[tokenizer] id {} belongs to both '{}' and '{}'; the file is damaged", id, token.piece, piece);
    token = {piece, TokenKind::normal};
  }
}

Json write_vocabulary(const TokenizerDefinition& definition, const std::vector<bool>& members) {
  Json::Object vocabulary;
  for (std::size_t id = 0; id < members.size(); ++id) {
    if (members[id]) vocabulary.emplace_back(definition.tokens[id].piece, static_cast<std::uint64_t>(id));
  }
  return vocabulary;
}

StringTable ids_of_pieces(const TokenizerDefinition& definition) {
  StringTable ids;
  ids.reserve(definition.tokens.size());
  for (std::size_t id = 0; id < definition.tokens.size(); ++id) {
    if (definition.tokens[id].kind != TokenKind::unused) ids.insert(definition.tokens[id].piece, static_cast<TokenId>(id));
  }
  return ids;
}

std::int64_t named_token_of_model(const Json& model, std::string_view key, const TokenizerDefinition& definition) {
  const Json* name = model.find(key);
  if (name == nullptr || name->is_null() || name->as_string(key).empty()) return -1;
  const std::string& piece = name->as_string(key);
  const auto matches = [&](const Token& token) { return token.kind != TokenKind::unused && token.piece == piece; };
  const auto found = std::ranges::find_if(definition.tokens, matches);
  if (found == definition.tokens.end())
    fail(ErrorCode::malformed, "[tokenizer] {} '{}' is not in the vocabulary; the file is damaged", key, piece.substr(0, 200));
  return found - definition.tokens.begin();
}

Json piece_or_null(const TokenizerDefinition& definition, std::int64_t id) {
  return id < 0 ? Json() : Json(definition.tokens.at(static_cast<std::size_t>(id)).piece);
}

}  // namespace tightrope::text
