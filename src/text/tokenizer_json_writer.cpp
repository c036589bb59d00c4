// Writes a definition as tokenizer.json and tokenizer_config.json, so that Hugging Face's libraries give the same ids.
#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "text/pre_tokenizer.h"
#include "text/tokenizer_json.h"

namespace tightrope::text {
namespace {

Json object(Json::Object members) { return Json(std::move(members)); }

std::vector<const BpeDefinition::Added*> added_by_id(const BpeDefinition& definition) {
  std::vector<const BpeDefinition::Added*> added;
  for (const auto& token : definition.added) added.push_back(&token);
  std::ranges::sort(added, {}, &BpeDefinition::Added::id);
  return added;
}

// Per id: is it written into the model's vocabulary? Readers ignore the ids of added tokens and count them on from the size of the
// vocabulary; where that would give other ids, the added tokens go into the vocabulary as well.
std::vector<bool> vocabulary_members(const BpeDefinition& definition) {
  std::vector<bool> member(definition.tokens.size());
  for (std::size_t id = 0; id < member.size(); ++id) member[id] = definition.tokens[id].kind != TokenKind::unused;
  const std::vector<bool> all = member;
  for (const auto& added : definition.added) member.at(added.id) = added.in_vocabulary;
  auto next = static_cast<TokenId>(std::ranges::count(member, true));
  for (const auto* added : added_by_id(definition)) {
    if (!added->in_vocabulary && added->id != next++) return all;
  }
  return member;
}

Json vocabulary_of(const BpeDefinition& definition) {
  const std::vector<bool> member = vocabulary_members(definition);
  Json::Object vocabulary;
  for (std::size_t id = 0; id < member.size(); ++id) {
    if (member[id]) vocabulary.emplace_back(definition.tokens[id].piece, static_cast<std::uint64_t>(id));
  }
  return vocabulary;
}

Json merges_of(const BpeDefinition& definition) {
  Json::Array merges;
  merges.reserve(definition.merges.size());
  for (const auto& [left, right] : definition.merges) merges.push_back(Json::Array{left, right});
  return merges;
}

Json model_of(const BpeDefinition& definition) {
  Json unknown;
  if (definition.byte_unknown >= 0) unknown = definition.tokens.at(static_cast<std::size_t>(definition.byte_unknown)).piece;
  return object({{"type", "BPE"},
                 {"dropout", nullptr},
                 {"unk_token", unknown},
                 {"continuing_subword_prefix", nullptr},
                 {"end_of_word_suffix", nullptr},
                 {"fuse_unk", false},
                 {"byte_fallback", false},
                 {"ignore_merges", definition.ignore_merges},
                 {"vocab", vocabulary_of(definition)},
                 {"merges", merges_of(definition)}});
}

Json added_tokens_of(const BpeDefinition& definition) {
  Json::Array tokens;
  for (const auto* added : added_by_id(definition)) {
    tokens.push_back(object({{"id", std::uint64_t{added->id}},
                             {"content", added->content},
                             {"single_word", added->single_word},
                             {"lstrip", added->left_strip},
                             {"rstrip", added->right_strip},
                             {"normalized", added->normalized},
                             {"special", added->special}}));
  }
  return tokens;
}

Json byte_level(bool add_prefix_space, bool use_regex) {
  return object({{"type", "ByteLevel"}, {"add_prefix_space", add_prefix_space}, {"trim_offsets", true}, {"use_regex", use_regex}});
}

Json pre_tokenizer_of(const BpeDefinition& definition) {
  const PreTokenizer* row = find_pre_tokenizer(definition.pre_tokenizer);
  if (row == nullptr)
    fail(ErrorCode::unsupported, "[tokenizer] the pre-tokenizer '{}' is not known; known are {}", definition.pre_tokenizer,
         known_pre_tokenizers());
  if (row->is_byte_level_default) return byte_level(definition.add_prefix_space, true);
  if (definition.add_prefix_space)
    fail(ErrorCode::unsupported, "[tokenizer] tokenizer.json has no way to write add_prefix_space with '{}'", row->name);
  const Json split =
      object({{"type", "Split"}, {"pattern", object({{"Regex", row->pattern}})}, {"behavior", "Isolated"}, {"invert", false}});
  return object({{"type", "Sequence"}, {"pretokenizers", Json::Array{split, byte_level(false, false)}}});
}

Json special_token(const std::string& piece, int type_id) {
  return object({{"SpecialToken", object({{"id", piece}, {"type_id", type_id}})}});
}

void append_sequence(const BpeDefinition& definition, const char* name, int type_id, Json::Array& pieces) {
  for (const TokenId id : definition.prefix) pieces.push_back(special_token(definition.tokens.at(id).piece, type_id));
  pieces.push_back(object({{"Sequence", object({{"id", name}, {"type_id", type_id}})}}));
  for (const TokenId id : definition.suffix) pieces.push_back(special_token(definition.tokens.at(id).piece, type_id));
}

Json post_processor_of(const BpeDefinition& definition) {
  if (definition.prefix.empty() && definition.suffix.empty()) return byte_level(true, true);
  Json::Array single;
  append_sequence(definition, "A", 0, single);
  Json::Array pair = single;
  append_sequence(definition, "B", 1, pair);
  std::vector<TokenId> ids = definition.prefix;
  ids.insert(ids.end(), definition.suffix.begin(), definition.suffix.end());
  Json specials = Json::object();
  for (const TokenId id : ids) {
    const std::string& piece = definition.tokens.at(id).piece;
    specials[piece] = object({{"id", piece}, {"ids", Json::Array{std::uint64_t{id}}}, {"tokens", Json::Array{piece}}});
  }
  return object({{"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", specials}});
}

}  // namespace

std::string write_tokenizer_json(const BpeDefinition& definition) {
  return object({{"version", "1.0"},
                 {"truncation", nullptr},
                 {"padding", nullptr},
                 {"added_tokens", added_tokens_of(definition)},
                 {"normalizer", nullptr},
                 {"pre_tokenizer", pre_tokenizer_of(definition)},
                 {"post_processor", post_processor_of(definition)},
                 {"decoder", byte_level(true, true)},
                 {"model", model_of(definition)}})
      .dump();
}

std::string write_tokenizer_config_json(const BpeDefinition& definition) {
  Json config = Json::object();
  const auto name = [&](std::string_view key, std::int64_t id) {
    if (id >= 0) config[key] = definition.tokens.at(static_cast<std::size_t>(id)).piece;
  };
  name("bos_token", definition.bos);
  name("eos_token", definition.eos);
  name("unk_token", definition.unknown);
  name("pad_token", definition.padding);
  config["clean_up_tokenization_spaces"] = false;
  if (!definition.chat_template.empty()) config["chat_template"] = definition.chat_template;
  config["tokenizer_class"] = "PreTrainedTokenizerFast";
  return config.dump(2);
}

}  // namespace tightrope::text
