// Writes a definition as tokenizer.json and tokenizer_config.json, so that Hugging Face's libraries give the same ids.
#include <algorithm>
#include <vector>

#include "base/json.h"
#include "text/components.h"
#include "text/models/model.h"
#include "text/tokenizer_json.h"

namespace tightrope::text {
namespace {

Json object(Json::Object members) { return Json(std::move(members)); }

std::vector<const TokenizerDefinition::Added*> added_by_id(const TokenizerDefinition& definition) {
  std::vector<const TokenizerDefinition::Added*> added;
  added.reserve(definition.added.size());
  for (const auto& token : definition.added) added.push_back(&token);
  std::ranges::sort(added, {}, &TokenizerDefinition::Added::id);
  return added;
}

// Per id: is it written into the model's vocabulary? Readers ignore the ids of added tokens and count them on from the size of the
// vocabulary; where that would give other ids, the added tokens go into the vocabulary as well.
std::vector<bool> vocabulary_members(const TokenizerDefinition& definition) {
  std::vector<bool> member(definition.tokens.size());
  for (std::size_t id = 0; id < member.size(); ++id) member[id] = definition.tokens[id].kind != TokenKind::unused;
  std::vector<bool> all = member;
  for (const auto& added : definition.added) member.at(added.id) = added.in_vocabulary;
  auto next = static_cast<TokenId>(std::ranges::count(member, true));
  for (const auto* added : added_by_id(definition)) {
    if (!added->in_vocabulary && added->id != next++) return all;
  }
  return member;
}

Json added_tokens_of(const TokenizerDefinition& definition) {
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

}  // namespace

std::string write_tokenizer_json(const TokenizerDefinition& definition) {
  return object({{"version", "1.0"},
                 {"truncation", nullptr},
                 {"padding", nullptr},
                 {"added_tokens", added_tokens_of(definition)},
                 {"normalizer", write_normalizers(definition.normalizers)},
                 {"pre_tokenizer", write_pre_tokenizers(definition.pre_tokenizers)},
                 {"post_processor", write_post_processor(definition.around, definition.tokens)},
                 {"decoder", write_decoders(definition.decoders)},
                 {"model", model_row(definition.model).write(definition, vocabulary_members(definition))}})
      .dump();
}

std::string write_tokenizer_config_json(const TokenizerDefinition& definition) {
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
