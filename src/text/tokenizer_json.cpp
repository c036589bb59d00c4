// Reads Hugging Face's tokenizer.json and tokenizer_config.json: what we support exactly, everything else refused by name.
#include "text/tokenizer_json.h"

#include <algorithm>

#include "base/checked.h"
#include "base/error.h"
#include "base/json.h"
#include "text/hash_tables.h"
#include "text/pre_tokenizer.h"
#include "text/tokenizer_json_parts.h"

namespace tightrope::text {
namespace {

// Twice what the largest vocabularies in use (a quarter of a million tokens, half a million merges of two) come to.
constexpr std::uint64_t kMaxValues = std::uint64_t{1} << 22;

// Spellings of all tokens, added ones too, to ids.
using Ids = StringTable;

// Ids are counted from 0 with few holes; a lone huge id must not make us allocate a vocabulary.
void check_id(std::uint64_t id, std::size_t entries) {
  const std::uint64_t limit = std::min<std::uint64_t>(kMaximumTokens, 4 * std::uint64_t{entries} + 4096);
  if (id >= limit)
    fail(ErrorCode::malformed, "[tokenizer] token id {} is out of range for {} tokens (limit {}); the file is damaged", id, entries, limit);
}

Token& token_at(BpeDefinition& definition, std::uint64_t id, std::size_t entries) {
  check_id(id, entries);
  if (id >= definition.tokens.size()) definition.tokens.resize(id + 1, Token{"", TokenKind::unused});
  return definition.tokens[id];
}

void read_vocabulary(const Json& model, std::size_t added, BpeDefinition& definition, Ids& ids) {
  const Json::Object& vocabulary = model.at("vocab", "model of tokenizer.json").as_object("vocab of tokenizer.json");
  if (vocabulary.empty()) fail(ErrorCode::malformed, "[tokenizer] the vocabulary of tokenizer.json is empty; the file is damaged");
  const std::size_t entries = vocabulary.size() + added;
  if (entries > kMaximumTokens) fail(ErrorCode::malformed, "[tokenizer] {} tokens are more than the limit of {}", entries, kMaximumTokens);
  ids.reserve(entries);
  definition.tokens.reserve(entries);
  for (const auto& [piece, value] : vocabulary) {
    const std::uint64_t id = value.as_uint("a token id of tokenizer.json");
    Token& token = token_at(definition, id, entries);
    if (token.kind != TokenKind::unused)
      fail(ErrorCode::malformed, "[tokenizer] id {} belongs to both '{}' and '{}'; the file is damaged", id, token.piece, piece);
    token = {piece, TokenKind::normal};
    ids.insert(piece, static_cast<TokenId>(id));
  }
}

std::pair<std::string, std::string> merge_of(const Json& entry) {
  if (entry.is_array()) {
    const Json::Array& pair = entry.as_array("a merge of tokenizer.json");
    if (pair.size() != 2) fail(ErrorCode::malformed, "[tokenizer] a merge has {} parts instead of 2; the file is damaged", pair.size());
    return {pair[0].as_string("a merge of tokenizer.json"), pair[1].as_string("a merge of tokenizer.json")};
  }
  const std::string& text = entry.as_string("a merge of tokenizer.json");
  const std::size_t space = text.find(' ');
  if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos)
    fail(ErrorCode::malformed, "[tokenizer] the merge '{}' is not two tokens with a space between; the file is damaged", text);
  return {text.substr(0, space), text.substr(space + 1)};
}

void read_merges(const Json& model, BpeDefinition& definition) {
  const Json::Array& merges = model.at("merges", "model of tokenizer.json").as_array("merges of tokenizer.json");
  if (merges.size() > kMaximumTokens)
    fail(ErrorCode::malformed, "[tokenizer] {} merges are more than the limit of {}", merges.size(), kMaximumTokens);
  definition.merges.reserve(merges.size());
  for (const Json& entry : merges) {
    if (entry.is_string() && entry.as_string("merge").starts_with("#version")) continue;
    definition.merges.push_back(merge_of(entry));
  }
}

BpeDefinition::Added added_token(const Json& entry) {
  constexpr std::string_view kWhat = "an added token of tokenizer.json";
  const auto flag = [&](std::string_view key) { return entry.at(key, kWhat).as_bool(key); };
  const std::uint64_t id = entry.at("id", kWhat).as_uint("the id of an added token");
  if (id >= kMaximumTokens) fail(ErrorCode::malformed, "[tokenizer] the added token id {} is beyond the limit of {}", id, kMaximumTokens);
  BpeDefinition::Added added{.id = static_cast<TokenId>(id), .content = entry.at("content", kWhat).as_string("content of an added token")};
  added.single_word = flag("single_word");
  added.left_strip = flag("lstrip");
  added.right_strip = flag("rstrip");
  added.normalized = flag("normalized");
  added.special = flag("special");
  return added;
}

void read_added_tokens(const Json::Array& entries, BpeDefinition& definition, Ids& ids) {
  const std::size_t total = definition.tokens.size() + entries.size();
  for (const Json& entry : entries) {
    BpeDefinition::Added added = added_token(entry);
    const auto known = ids.find(added.content);
    added.in_vocabulary = known.has_value();
    if (known && *known != added.id)
      fail(ErrorCode::malformed, "[tokenizer] the added token '{}' has id {}, but {} in the vocabulary; the file is damaged", added.content,
           added.id, *known);
    Token& token = token_at(definition, added.id, total);
    if (!known && token.kind != TokenKind::unused)
      fail(ErrorCode::malformed, "[tokenizer] id {} belongs to both '{}' and '{}'; the file is damaged", added.id, token.piece,
           added.content);
    if (known && token.kind != TokenKind::normal)
      fail(ErrorCode::malformed, "[tokenizer] the added token '{}' is there twice; the file is damaged", added.content);
    token = {added.content, added.special ? TokenKind::control : TokenKind::user_defined};
    ids.insert(added.content, added.id);
    definition.added.push_back(std::move(added));
  }
}

// A token of tokenizer_config.json: a string, or an object with its content. -1: none.
std::int64_t named_token(const Json& config, std::string_view key, const Ids& ids) {
  const Json* value = config.find(key);
  if (value == nullptr || value->is_null()) return -1;
  const std::string& content = (value->is_object() ? value->at("content", key) : *value).as_string(key);
  const auto id = ids.find(content);
  if (!id)
    fail(ErrorCode::malformed, "[tokenizer] {} '{}' of tokenizer_config.json is not in the vocabulary of tokenizer.json", key, content);
  return *id;
}

std::string chat_template_of(const Json& config) {
  const Json* value = config.find("chat_template");
  if (value == nullptr || value->is_null()) return {};
  if (value->is_string()) return value->as_string("chat_template");
  const Json::Array& named = value->as_array("chat_template of tokenizer_config.json");
  if (named.empty()) return {};
  const auto is_default = [](const Json& entry) { return entry.at("name", "a chat template").as_string("name") == "default"; };
  const auto found = std::ranges::find_if(named, is_default);
  return (found == named.end() ? named.front() : *found).at("template", "a chat template").as_string("template");
}

void read_config(std::string_view text, BpeDefinition& definition, const Ids& ids) {
  if (text.empty()) {
    if (definition.prefix.size() == 1) definition.bos = definition.prefix.front();
    if (definition.suffix.size() == 1) definition.eos = definition.suffix.front();
    return;
  }
  const Json config = Json::parse(text, "tokenizer_config.json");
  config.as_object("tokenizer_config.json");
  definition.bos = named_token(config, "bos_token", ids);
  definition.eos = named_token(config, "eos_token", ids);
  definition.unknown = named_token(config, "unk_token", ids);
  definition.padding = named_token(config, "pad_token", ids);
  definition.chat_template = chat_template_of(config);
}

void read_byte_unknown(const Json& model, BpeDefinition& definition, const Ids& ids) {
  const Json* unknown = model.find("unk_token");
  if (unknown == nullptr || unknown->is_null() || unknown->as_string("unk_token").empty()) return;
  const auto id = ids.find(unknown->as_string("unk_token"));
  if (!id || definition.tokens[*id].kind == TokenKind::unused)
    fail(ErrorCode::malformed, "[tokenizer] unk_token '{}' is not in the vocabulary; the file is damaged", unknown->as_string("unk_token"));
  definition.byte_unknown = *id;
}

}  // namespace

BpeDefinition parse_tokenizer_json(std::string_view tokenizer_json, std::string_view tokenizer_config_json) {
  constexpr std::string_view kWhat = "tokenizer.json";
  const Json root = Json::parse(tokenizer_json, kWhat, kMaxValues);
  root.as_object(kWhat);
  if (const Json* version = root.find("version"); version != nullptr && version->as_string("version") != "1.0")
    fail(ErrorCode::unsupported, "[tokenizer] version '{}' of tokenizer.json is not supported; supported is 1.0",
         version->as_string("version"));
  const Json& model = root.at("model", kWhat);
  check_model_options(model);
  check_normalizer(root.find("normalizer"));
  check_decoder(root.find("decoder"));

  BpeDefinition definition;
  read_pre_tokenizer(root.at("pre_tokenizer", kWhat), definition);
  const Json* added = root.find("added_tokens");
  const Json::Array none;
  const Json::Array& added_entries = added == nullptr || added->is_null() ? none : added->as_array("added_tokens of tokenizer.json");
  Ids ids;
  read_vocabulary(model, added_entries.size(), definition, ids);
  read_byte_unknown(model, definition, ids);
  read_merges(model, definition);
  if (const Json* ignore = model.find("ignore_merges")) definition.ignore_merges = ignore->as_bool("ignore_merges");
  read_added_tokens(added_entries, definition, ids);
  read_post_processor(root.find("post_processor"), definition);
  read_config(tokenizer_config_json, definition, ids);
  return definition;
}

}  // namespace tightrope::text
