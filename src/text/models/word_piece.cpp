// WordPiece: the longest token that starts the word, then the longest that goes on; one token for all of it when that fails.
#include "base/error.h"
#include "text/models/model.h"
#include "text/trie.h"
#include "text/vocabulary.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "WordPiece";

class WordPiece final : public Model {
 public:
  WordPiece(const TokenizerDefinition& definition, const WordPieceOptions& options) : options_(options) {
    if (options.unknown < 0) fail(ErrorCode::malformed, "[tokenizer] WordPiece has no token for unknown words; the file is damaged");
    const std::vector<bool> members = model_tokens(definition);
    std::vector<Trie::Entry> starting, continuing;
    for (std::size_t id = 0; id < members.size(); ++id) {
      if (!members[id]) continue;
      const std::string_view piece = definition.tokens[id].piece;
      starting.push_back(Trie::entry(piece, static_cast<TokenId>(id)));
      if (piece.starts_with(options.continuing_prefix))
        continuing.push_back(Trie::entry(piece.substr(options.continuing_prefix.size()), static_cast<TokenId>(id)));
    }
    starting_ = Trie(std::move(starting));
    continuing_ = Trie(std::move(continuing));
  }

  void encode(std::string_view word, TokenSink& sink) const override {
    const std::size_t ids = sink.ids.size(), ends = sink.ends == nullptr ? 0 : sink.ends->size();
    if (!is_too_long(word) && encode_known(word, sink)) return;
    sink.ids.resize(ids);
    if (sink.ends != nullptr) sink.ends->resize(ends);
    sink.put(static_cast<TokenId>(options_.unknown), word.size());
  }

 private:
  bool is_too_long(std::string_view word) const {
    if (word.size() <= options_.max_characters) return false;
    std::uint64_t characters = 0;
    for (const char c : word) characters += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    return characters > options_.max_characters;
  }

  bool encode_known(std::string_view word, TokenSink& sink) const {
    for (std::size_t at = 0; at < word.size();) {
      const Trie& trie = at == 0 ? starting_ : continuing_;
      Trie::Node node = Trie::kRoot;
      TokenId longest = Trie::kNoValue;
      std::size_t end = at;
      for (std::size_t i = at; i < word.size(); ++i) {
        node = trie.child(node, static_cast<unsigned char>(word[i]));
        if (node == Trie::kNone) break;
        if (trie.value(node) == Trie::kNoValue) continue;
        longest = trie.value(node);
        end = i + 1;
      }
      if (longest == Trie::kNoValue) return false;
      sink.put(longest, end);
      at = end;
    }
    return true;
  }

  WordPieceOptions options_;
  Trie starting_, continuing_;  // the second without the prefix
};

bool holds(const ModelOptions& options) { return std::holds_alternative<WordPieceOptions>(options); }

void read(const Json& description, std::size_t added, TokenizerDefinition& definition) {
  read_vocabulary(description.at("vocab", kName), added, definition);
  WordPieceOptions options;
  options.unknown = named_token_of_model(description, "unk_token", definition);
  options.continuing_prefix = description.at("continuing_subword_prefix", kName).as_string("continuing_subword_prefix");
  options.max_characters = description.at("max_input_chars_per_word", kName).as_uint("max_input_chars_per_word");
  definition.model = options;
}

Json write(const TokenizerDefinition& definition, const std::vector<bool>& members) {
  const auto& options = std::get<WordPieceOptions>(definition.model);
  return Json(Json::Object{{"type", kName},
                           {"unk_token", piece_or_null(definition, options.unknown)},
                           {"continuing_subword_prefix", options.continuing_prefix},
                           {"max_input_chars_per_word", options.max_characters},
                           {"vocab", write_vocabulary(definition, members)}});
}

std::unique_ptr<const Model> compile(const TokenizerDefinition& definition, bool) {
  return std::make_unique<const WordPiece>(definition, std::get<WordPieceOptions>(definition.model));
}

}  // namespace

extern const ModelRow word_piece_model{kName, holds, read, write, compile};

}  // namespace tightrope::text
