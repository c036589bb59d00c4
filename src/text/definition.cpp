// Questions that more than one reader of a definition asks.
#include "text/definition.h"

namespace tightrope::text {

Template surrounding_template(const std::vector<TokenId>& prefix, const std::vector<TokenId>& suffix, std::uint32_t second_type) {
  using Kind = TemplatePiece::Kind;
  Template made{.single = {}, .pair = {}};
  const auto append = [&](std::vector<TemplatePiece>& pieces, Kind kind, std::uint32_t type) {
    for (const TokenId id : prefix) pieces.push_back({Kind::token, id, type});
    pieces.push_back({kind, 0, type});
    for (const TokenId id : suffix) pieces.push_back({Kind::token, id, type});
  };
  append(made.single, Kind::first, 0);
  append(made.pair, Kind::first, 0);
  append(made.pair, Kind::second, second_type);
  return made;
}

std::vector<TokenId> TokenizerDefinition::prefix() const {
  std::vector<TokenId> ids;
  for (const TemplatePiece& piece : around.single) {
    if (piece.kind != TemplatePiece::Kind::token) break;
    ids.push_back(piece.id);
  }
  return ids;
}

std::vector<TokenId> TokenizerDefinition::suffix() const {
  std::vector<TokenId> ids;
  for (const TemplatePiece& piece : around.single) {
    if (piece.kind == TemplatePiece::Kind::token)
      ids.push_back(piece.id);
    else
      ids.clear();
  }
  return ids;
}

bool TokenizerDefinition::starts_with_bos() const {
  const std::vector<TokenId> ids = prefix();
  return !ids.empty() && std::int64_t{ids.front()} == bos;
}

std::vector<bool> model_tokens(const TokenizerDefinition& definition) {
  std::vector<bool> member(definition.tokens.size());
  for (std::size_t id = 0; id < member.size(); ++id) member[id] = definition.tokens[id].kind != TokenKind::unused;
  for (const auto& added : definition.added) member[added.id] = added.in_vocabulary;
  return member;
}

}  // namespace tightrope::text
