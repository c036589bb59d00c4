// Text to token ids and back, exactly as the model's own tokenizer does it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/byte_span.h"

namespace tightrope::text {

using TokenId = std::uint32_t;

enum class TokenKind : std::uint8_t { normal, unknown, control, user_defined, unused, byte };  // GGUF's token_type is this plus 1

// One row of the vocabulary.
struct Token {
  std::string piece;  // as the tokenizer file spells it (byte-level BPE: one printable character per byte)
  TokenKind kind = TokenKind::normal;
};

// A file that asks for more tokens than this is refused before anything is allocated.
constexpr std::uint64_t kMaximumTokens = 10'000'000;

// Everything a byte-level BPE tokenizer is, free of any file format: what tokenizer.json and a GGUF's tokenizer keys are read into and
// written from.
struct BpeDefinition {
  std::vector<Token> tokens;                                // index = id; holes are `unused`
  std::vector<std::pair<std::string, std::string>> merges;  // in order of priority
  std::string pre_tokenizer;                                // a name of the table in pre_tokenizer.h ("llama-bpe", "gpt-2", …)
  bool ignore_merges = false;                               // a whole word that is a token is that token, whatever the merges say
  bool add_prefix_space = false;
  struct Added {     // matched in the raw text before anything else
    TokenId id = 0;  // tokens[id].piece is the content
    std::string content;
    bool single_word = false, left_strip = false, right_strip = false, normalized = false, special = false;
    bool in_vocabulary = false;  // merging may produce it too (a GGUF file cannot tell: false)
  };
  std::vector<Added> added;
  std::vector<TokenId> prefix, suffix;                          // what the template post-processor puts around one sequence
  std::int64_t bos = -1, eos = -1, unknown = -1, padding = -1;  // -1: none
  std::int64_t byte_unknown = -1;                               // stands for a byte the vocabulary lacks; -1: such bytes are dropped
  std::string chat_template;                                    // Jinja source; empty when there is none
};

// What encode does with the text's special tokens.
struct EncodeOptions {
  bool add_special = true;    // put the template's tokens (BOS …) around the text
  bool parse_special = true;  // text that spells a special token becomes that token; false: it is plain text
  // Bytes in which that never happens, not even in part: what a user wrote. Ascending; the text must be valid UTF-8 then.
  std::span<const ByteSpan> literal = {};
};

// Immutable and thread-safe. Errors: malformed, unsupported (names the component and what is supported).
class Tokenizer {
 public:
  explicit Tokenizer(BpeDefinition definition);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;

  // Any bytes are accepted; each maximal invalid UTF-8 part counts as U+FFFD. Time is linear in the text up to a logarithm.
  std::vector<TokenId> encode(std::string_view text, const EncodeOptions& options = {}) const;
  // The bytes the ids stand for. skip_special leaves out control tokens. Ids outside the vocabulary: invalid_argument.
  std::string decode(std::span<const TokenId> ids, bool skip_special = false) const;

  std::size_t vocabulary_size() const;
  const BpeDefinition& definition() const;

 private:
  struct Implementation;
  std::unique_ptr<const Implementation> implementation_;
};

}  // namespace tightrope::text
