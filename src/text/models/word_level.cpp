// WordLevel: a word is a token or unknown.
#include "base/error.h"
#include "text/models/model.h"
#include "text/vocabulary.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "WordLevel";

class WordLevel final : public Model {
 public:
  WordLevel(const TokenizerDefinition& definition, const WordLevelOptions& options) : unknown_(options.unknown) {
    const std::vector<bool> members = model_tokens(definition);
    for (std::size_t id = 0; id < members.size(); ++id) {
      if (members[id]) ids_.insert(definition.tokens[id].piece, static_cast<TokenId>(id));
    }
  }

  void encode(std::string_view word, TokenSink& sink) const override {
    if (const auto id = ids_.find(word)) return sink.put(*id, word.size());
    if (unknown_ < 0)
      fail(ErrorCode::invalid_argument, "[tokenizer] '{}' is not in the vocabulary, and there is no token for unknown words",
           word.substr(0, 64));
    sink.put(static_cast<TokenId>(unknown_), word.size());
  }

 private:
  StringTable ids_;
  std::int64_t unknown_;
};

bool holds(const ModelOptions& options) { return std::holds_alternative<WordLevelOptions>(options); }

void read(const Json& description, std::size_t added, TokenizerDefinition& definition) {
  read_vocabulary(description.at("vocab", kName), added, definition);
  // The reference's default name need not be there.
  const Json* unknown = description.find("unk_token");
  const bool named = unknown != nullptr && ids_of_pieces(definition).find(unknown->as_string("unk_token")).has_value();
  definition.model = WordLevelOptions{.unknown = named ? named_token_of_model(description, "unk_token", definition) : -1};
}

Json write(const TokenizerDefinition& definition, const std::vector<bool>& members) {
  const Json unknown = piece_or_null(definition, std::get<WordLevelOptions>(definition.model).unknown);
  return Json(
      Json::Object{{"type", kName}, {"vocab", write_vocabulary(definition, members)}, {"unk_token", unknown.is_null() ? "" : unknown}});
}

std::unique_ptr<const Model> compile(const TokenizerDefinition& definition, bool) {
  return std::make_unique<const WordLevel>(definition, std::get<WordLevelOptions>(definition.model));
}

}  // namespace

extern const ModelRow word_level_model{kName, holds, read, write, compile};

}  // namespace tightrope::text
