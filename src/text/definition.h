// Everything a tokenizer is, free of any file format: what tokenizer.json and a GGUF's tokenizer keys are read into and written from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tightrope::text {

class Normalizer;    // components.h
class PreTokenizer;  // components.h
class Decoder;       // components.h

using TokenId = std::uint32_t;

enum class TokenKind : std::uint8_t { normal, unknown, control, user_defined, unused, byte };  // GGUF's token_type is this plus 1

// One row of the vocabulary.
struct Token {
  std::string piece;  // as the tokenizer file spells it (byte-level BPE: one printable character per byte)
  TokenKind kind = TokenKind::normal;
  double score = 0;  // Unigram: log probability; BPE by scores: larger merges first
};

// A file that asks for more tokens than this is refused before anything is allocated.
constexpr std::uint64_t kMaximumTokens = 10'000'000;

struct BpeOptions {
  std::vector<std::pair<std::string, std::string>> merges;  // in order of priority
  bool merges_by_score = false;   // any two neighbours whose joint spelling is a token merge, in order of the tokens' scores
  std::int64_t unknown = -1;      // stands for a character (byte-level: a byte) that the vocabulary lacks; -1: such are dropped
  bool fuse_unknown = false;      // neighbouring unknown characters are one token
  bool byte_fallback = false;     // an unknown character becomes its bytes, tokens spelt <0x41>
  bool ignore_merges = false;     // a whole word that is a token is that token, whatever the merges say
  std::string continuing_prefix;  // before every character of a word but the first
  std::string end_suffix;         // after the last
};

struct WordPieceOptions {
  std::int64_t unknown = -1;  // always there
  std::string continuing_prefix = "##";
  std::uint64_t max_characters = 100;  // longer words are unknown
};

struct UnigramOptions {
  std::int64_t unknown = -1;
  bool byte_fallback = false;
};

struct WordLevelOptions {
  std::int64_t unknown = -1;
};

using ModelOptions = std::variant<BpeOptions, WordPieceOptions, UnigramOptions, WordLevelOptions>;

// What stands around the text.
struct TemplatePiece {
  enum class Kind : std::uint8_t { token, first, second };
  Kind kind = Kind::first;
  TokenId id = 0;  // of a token
  std::uint32_t type = 0;
  bool operator==(const TemplatePiece&) const = default;
};
struct Template {
  std::vector<TemplatePiece> single{{TemplatePiece::Kind::first, 0, 0}};
  std::vector<TemplatePiece> pair{{TemplatePiece::Kind::first, 0, 0}, {TemplatePiece::Kind::second, 0, 1}};
  bool trims_spans = false;       // spans leave out the spaces around a token
  bool trims_first_space = true;  // even a single one at the start of the text
  bool operator==(const Template&) const = default;
};
// `prefix` and `suffix` around each sequence, the second sequence being of type `second_type`.
Template surrounding_template(const std::vector<TokenId>& prefix, const std::vector<TokenId>& suffix, std::uint32_t second_type = 1);

struct TokenizerDefinition {
  std::vector<Token> tokens;  // index = id; holes are `unused`
  ModelOptions model;
  std::vector<std::shared_ptr<const Normalizer>> normalizers;       // applied in this order to the text
  std::vector<std::shared_ptr<const PreTokenizer>> pre_tokenizers;  // cut it into words, in this order
  std::vector<std::shared_ptr<const Decoder>> decoders;             // applied in this order to the tokens' spellings
  struct Added {                                                    // matched in the text before anything else
    TokenId id = 0;                                                 // tokens[id].piece is the content
    std::string content;
    bool single_word = false, left_strip = false, right_strip = false, normalized = false, special = false;
    bool in_vocabulary = false;  // the model may produce it too (a GGUF file cannot tell: false)
  };
  std::vector<Added> added;
  Template around;
  std::int64_t bos = -1, eos = -1, unknown = -1, padding = -1;  // -1: none
  std::string chat_template;                                    // Jinja source; empty when there is none

  const BpeOptions* bpe() const { return std::get_if<BpeOptions>(&model); }
  BpeOptions* bpe() { return std::get_if<BpeOptions>(&model); }
  bool starts_with_bos() const;         // the template's first piece is the BOS token
  std::vector<TokenId> prefix() const;  // the tokens that the template puts before a single sequence
  std::vector<TokenId> suffix() const;  // and after it
};

// Per id: may the model produce it? (Tokens that are only matched in the text are not the model's.)
std::vector<bool> model_tokens(const TokenizerDefinition& definition);

}  // namespace tightrope::text
