// Tokens, merges and scores of a GGUF's tokenizer, and what of a definition travels under a key of our own.
#include "model/gguf_vocabulary.h"

#include <algorithm>

#include "base/checked.h"
#include "text/components.h"

namespace tightrope::model {
namespace {

using checkpoint::Metadata;
using text::TokenizerDefinition;
using text::TokenKind;
using Added = TokenizerDefinition::Added;

constexpr std::string_view kTokens = "tokenizer.ggml.tokens", kTypes = "tokenizer.ggml.token_type", kScores = "tokenizer.ggml.scores";

enum AddedFlag : std::int32_t { kSingleWord = 1, kLeftStrip = 2, kRightStrip = 4, kNormalized = 8, kSpecial = 16, kInVocabulary = 32 };

std::string filler_piece(std::uint64_t id) { return fmt::format("[PAD{}]", id); }

std::int32_t flags_of(const Added& token) {
  return (token.single_word ? kSingleWord : 0) | (token.left_strip ? kLeftStrip : 0) | (token.right_strip ? kRightStrip : 0) |
         (token.normalized ? kNormalized : 0) | (token.special ? kSpecial : 0) | (token.in_vocabulary ? kInVocabulary : 0);
}

// Where the flags are not what a GGUF implies: pairs of an id and its flags.
Json added_flags(const TokenizerDefinition& definition) {
  Json pairs = Json::array();
  std::vector<const Added*> sorted;
  sorted.reserve(definition.added.size());
  for (const Added& token : definition.added) sorted.push_back(&token);
  std::ranges::sort(sorted, {}, &Added::id);
  for (const Added* token : sorted) pairs.push_back(Json::Array{std::uint64_t{token->id}, std::int64_t{flags_of(*token)}});
  return pairs;
}

void read_added_flags(const Json& pairs, TokenizerDefinition& definition) {
  definition.added.clear();
  for (const Json& entry : pairs.as_array("added tokens")) {
    const Json::Array& pair = entry.as_array("an added token");
    if (pair.size() != 2) malformed_gguf_tokenizer("an added token is not a pair");
    const std::uint64_t id = pair[0].as_uint("an added token"), flags = pair[1].as_uint("an added token's flags");
    if (id >= definition.tokens.size()) malformed_gguf_tokenizer(fmt::format("flags for token {} of {}", id, definition.tokens.size()));
    const auto has = [flags](AddedFlag flag) { return (flags & static_cast<std::uint64_t>(flag)) != 0; };
    definition.added.push_back({.id = static_cast<text::TokenId>(id),
                                .content = definition.tokens[id].piece,
                                .single_word = has(kSingleWord),
                                .left_strip = has(kLeftStrip),
                                .right_strip = has(kRightStrip),
                                .normalized = has(kNormalized),
                                .special = has(kSpecial),
                                .in_vocabulary = has(kInVocabulary)});
  }
}

Json model_options(const TokenizerDefinition& definition) {
  Json json = Json::object();
  json["unknown"] = std::visit([](const auto& model) { return model.unknown; }, definition.model);
  if (const text::BpeOptions* bpe = definition.bpe()) {
    json["fuse_unk"] = bpe->fuse_unknown;
    json["byte_fallback"] = bpe->byte_fallback;
    json["ignore_merges"] = bpe->ignore_merges;
  } else if (const auto* pieces = std::get_if<text::WordPieceOptions>(&definition.model)) {
    json["max_input_chars_per_word"] = pieces->max_characters;
  } else if (const auto* unigram = std::get_if<text::UnigramOptions>(&definition.model)) {
    json["byte_fallback"] = unigram->byte_fallback;
  }
  return json;
}

void read_model_options(const Json& json, TokenizerDefinition& definition) {
  const std::int64_t unknown = json.at("unknown", "model options").as_int("unknown");
  if (unknown < -1 || unknown >= static_cast<std::int64_t>(definition.tokens.size()))
    malformed_gguf_tokenizer(fmt::format("the unknown token is {} of {}", unknown, definition.tokens.size()));
  std::visit([&](auto& model) { model.unknown = unknown; }, definition.model);
  if (text::BpeOptions* bpe = definition.bpe()) {
    bpe->fuse_unknown = text::flag_of(json, "fuse_unk", false);
    bpe->byte_fallback = text::flag_of(json, "byte_fallback", false);
    bpe->ignore_merges = text::flag_of(json, "ignore_merges", false);
  } else if (auto* pieces = std::get_if<text::WordPieceOptions>(&definition.model)) {
    pieces->max_characters = json.at("max_input_chars_per_word", "model options").as_uint("max_input_chars_per_word");
  } else if (auto* unigram = std::get_if<text::UnigramOptions>(&definition.model)) {
    unigram->byte_fallback = text::flag_of(json, "byte_fallback", false);
  }
}

}  // namespace

void malformed_gguf_tokenizer(std::string_view rule) { fail(ErrorCode::malformed, "[gguf] the tokenizer: {}; the file is damaged", rule); }

std::vector<text::Token> read_gguf_tokens(const Metadata& metadata) {
  const std::vector<std::string>* pieces = metadata.strings(kTokens);
  if (!pieces || pieces->empty()) malformed_gguf_tokenizer("tokenizer.ggml.tokens is missing or empty");
  const std::vector<std::int64_t> types = metadata.integers(kTypes);
  if (!types.empty() && types.size() != pieces->size())
    malformed_gguf_tokenizer(fmt::format("{} token types for {} tokens", types.size(), pieces->size()));
  const std::vector<float> scores = metadata.floats(kScores);
  if (!scores.empty() && scores.size() != pieces->size())
    malformed_gguf_tokenizer(fmt::format("{} scores for {} tokens", scores.size(), pieces->size()));
  std::vector<text::Token> tokens(pieces->size());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::int64_t type = types.empty() ? 1 : types[i];
    if (type < 1 || type > 6) malformed_gguf_tokenizer(fmt::format("token {} is of type {}, not 1 to 6", i, type));
    tokens[i].kind = static_cast<TokenKind>(type - 1);
    if (!scores.empty()) tokens[i].score = static_cast<double>(scores[i]);
    if (!scores.empty() && !(scores[i] == scores[i])) malformed_gguf_tokenizer(fmt::format("the score of token {} is not a number", i));
    const bool hole = tokens[i].kind == TokenKind::unused && (*pieces)[i] == filler_piece(i);
    if (!hole) tokens[i].piece = (*pieces)[i];
  }
  while (!tokens.empty() && tokens.back().kind == TokenKind::unused && tokens.back().piece.empty()) tokens.pop_back();
  return tokens;
}

std::vector<std::pair<std::string, std::string>> read_gguf_merges(const Metadata& metadata, std::string_view key) {
  std::vector<std::pair<std::string, std::string>> merges;
  const std::vector<std::string>* lines = metadata.strings(key);
  if (!lines) malformed_gguf_tokenizer(fmt::format("{} is missing", key));
  merges.reserve(lines->size());
  for (const std::string& line : *lines) {
    const std::size_t space = line.find(' ', 1);
    if (space == std::string::npos || space + 1 == line.size())
      malformed_gguf_tokenizer(fmt::format("the merge '{}' is not two pieces", line.substr(0, 64)));
    merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  return merges;
}

std::vector<Added> gguf_added_tokens(const std::vector<text::Token>& tokens) {
  std::vector<Added> added;
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    const TokenKind kind = tokens[id].kind;
    const bool special = kind == TokenKind::control || kind == TokenKind::unknown;
    if ((special || kind == TokenKind::user_defined) && !tokens[id].piece.empty())
      added.push_back({.id = static_cast<text::TokenId>(id), .content = tokens[id].piece, .special = special});
  }
  return added;
}

void write_gguf_tokens(const TokenizerDefinition& definition, std::uint64_t vocab, Metadata& metadata) {
  std::vector<std::string> pieces;
  std::vector<std::int32_t> types;
  for (std::uint64_t id = 0; id < std::max<std::uint64_t>(vocab, definition.tokens.size()); ++id) {
    const bool hole =
        id >= definition.tokens.size() || (definition.tokens[id].kind == TokenKind::unused && definition.tokens[id].piece.empty());
    pieces.push_back(hole ? filler_piece(id) : definition.tokens[id].piece);
    types.push_back(1 + static_cast<std::int32_t>(hole ? TokenKind::unused : definition.tokens[id].kind));
  }
  const bool scored = std::ranges::any_of(definition.tokens, [](const text::Token& token) { return token.score != 0; });
  metadata.set(std::string(kTokens), {std::move(pieces)});
  metadata.set(std::string(kTypes), {std::move(types)});
  if (scored) write_gguf_scores(definition, metadata);
}

void write_gguf_scores(const TokenizerDefinition& definition, Metadata& metadata) {
  std::vector<float> scores;
  scores.reserve(definition.tokens.size());
  for (const text::Token& token : definition.tokens) scores.push_back(static_cast<float>(token.score));
  scores.resize(metadata.strings(kTokens)->size(), -1e4F);
  metadata.set(std::string(kScores), {std::move(scores)});
}

void write_gguf_merges(const std::vector<std::pair<std::string, std::string>>& merges, std::string_view key, Metadata& metadata) {
  std::vector<std::string> lines;
  lines.reserve(merges.size());
  for (const auto& [left, right] : merges) lines.push_back(fmt::format("{} {}", left, right));
  metadata.set(std::string(key), {std::move(lines)});
}

Json gguf_components(const TokenizerDefinition& definition) {
  return Json(Json::Object{{"normalizer", text::write_normalizers(definition.normalizers)},
                           {"pre_tokenizer", text::write_pre_tokenizers(definition.pre_tokenizers)},
                           {"post_processor", text::write_post_processor(definition.around, definition.tokens)},
                           {"decoder", text::write_decoders(definition.decoders)},
                           {"added_tokens", added_flags(definition)},
                           {"model", model_options(definition)}});
}

void read_gguf_components(const Json& description, TokenizerDefinition& definition) {
  definition.normalizers = text::read_normalizers(description.find("normalizer"));
  definition.pre_tokenizers = text::read_pre_tokenizers(description.find("pre_tokenizer"));
  definition.decoders = text::read_decoders(description.find("decoder"));
  definition.around = text::read_post_processor(description.find("post_processor"), definition.tokens);
  read_added_flags(description.at("added_tokens", "the components"), definition);
  read_model_options(description.at("model", "the components"), definition);
}

}  // namespace tightrope::model
