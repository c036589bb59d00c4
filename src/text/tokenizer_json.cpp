// Reads Hugging Face's tokenizer.json and tokenizer_config.json: what we support exactly, everything else refused by name.
#include "text/tokenizer_json.h"

#include <algorithm>

#include "base/checked.h"
#include "base/error.h"
#include "base/json.h"
#include "text/components.h"
#include "text/models/model.h"
#include "text/vocabulary.h"

namespace tightrope::text {
namespace {

// Twice what the largest vocabularies in use (a quarter of a million tokens, half a million merges of two) come to.
constexpr std::uint64_t kMaxValues = std::uint64_t{1} << 22;

// Spellings of all tokens, added ones too, to ids.
using Ids = StringTable;

TokenizerDefinition::Added added_token(const Json& entry) {
  constexpr std::string_view kWhat = "an added token of tokenizer.json";
  const auto flag = [&](std::string_view key) { return entry.at(key, kWhat).as_bool(key); };
  const std::uint64_t id = entry.at("id", kWhat).as_uint("the id of an added token");
  if (id >= kMaximumTokens) fail(ErrorCode::malformed, "[tokenizer] the added token id {} is beyond the limit of {}", id, kMaximumTokens);
  TokenizerDefinition::Added added{.id = static_cast<TokenId>(id),
                                   .content = entry.at("content", kWhat).as_string("content of an added token")};
  added.single_word = flag("single_word");
  added.left_strip = flag("lstrip");
  added.right_strip = flag("rstrip");
  added.normalized = flag("normalized");
  added.special = flag("special");
  return added;
}

void read_added_tokens(const Json::Array& entries, TokenizerDefinition& definition, Ids& ids) {
  const std::size_t total = definition.tokens.size() + entries.size();
  for (const Json& entry : entries) {
    TokenizerDefinition::Added added = added_token(entry);
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
    token = {added.content, added.special ? TokenKind::control : TokenKind::user_defined, token.score};
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

void read_config(std::string_view text, TokenizerDefinition& definition, const Ids& ids) {
  if (text.empty()) {
    if (const auto prefix = definition.prefix(); prefix.size() == 1) definition.bos = prefix.front();
    if (const auto suffix = definition.suffix(); suffix.size() == 1) definition.eos = suffix.front();
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

// Old files have models without a type: their members tell.
std::string_view type_of_members(const Json& model) {
  const Json* vocabulary = model.find("vocab");
  if (vocabulary != nullptr && vocabulary->is_array()) return "Unigram";
  if (model.find("merges") != nullptr) return "BPE";
  return model.find("max_input_chars_per_word") != nullptr ? "WordPiece" : "WordLevel";
}

const ModelRow& model_row_of(const Json& model) {
  const Json* type = model.find("type");
  const std::string name(is_absent(type) ? type_of_members(model) : std::string_view(type->as_string("type of the model")));
  const ModelRow* row = find_model_row(name);
  if (row == nullptr) fail_component("model", name, known_models());
  return *row;
}

}  // namespace

TokenizerDefinition parse_tokenizer_json(std::string_view tokenizer_json, std::string_view tokenizer_config_json) {
  constexpr std::string_view kWhat = "tokenizer.json";
  const Json root = Json::parse(tokenizer_json, kWhat, kMaxValues);
  root.as_object(kWhat);
  if (const Json* version = root.find("version"); version != nullptr && version->as_string("version") != "1.0")
    fail(ErrorCode::unsupported, "[tokenizer] version '{}' of tokenizer.json is not supported; supported is 1.0",
         version->as_string("version"));
  const Json& model = root.at("model", kWhat);
  const Json* added = root.find("added_tokens");
  const Json::Array none;
  const Json::Array& added_entries = is_absent(added) ? none : added->as_array("added_tokens of tokenizer.json");

  TokenizerDefinition definition;
  definition.normalizers = read_normalizers(root.find("normalizer"));
  definition.pre_tokenizers = read_pre_tokenizers(root.find("pre_tokenizer"));
  definition.decoders = read_decoders(root.find("decoder"));
  model_row_of(model).read(model, added_entries.size(), definition);
  Ids ids = ids_of_pieces(definition);
  read_added_tokens(added_entries, definition, ids);
  definition.around = read_post_processor(root.find("post_processor"), definition.tokens);
  read_config(tokenizer_config_json, definition, ids);
  return definition;
}

}  // namespace tightrope::text
