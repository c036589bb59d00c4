// Text to token ids and back, exactly as the model's own tokenizer does it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/aligned_text.h"
#include "text/byte_span.h"
#include "text/definition.h"

namespace tightrope::text {

// What encode does with the text's special tokens.
struct EncodeOptions {
  bool add_special = true;  // put the template's tokens (BOS, [CLS] …) around the text
  // Text that spells a special token becomes that token. False: none is looked for, but a model that has them in its vocabulary (T5's)
  // may still make one of its own accord, as the reference does.
  bool parse_special = true;
  // Bytes in which that never happens, not even in part, and not by the model either: what a user wrote. Ascending; the text must be valid
  // UTF-8 then.
  std::span<const ByteSpan> literal = {};
};

// Ids with all that models and users ask about them. One entry a token in each list.
struct Encoding {
  std::vector<TokenId> ids;
  std::vector<std::uint32_t> type_ids;
  std::vector<Span> spans;             // bytes of the text that the token stands for; empty for the template's tokens
  std::vector<std::int8_t> sequences;  // 0: of the first text, 1: of the second, -1: of the template
};

// Immutable and thread-safe. Errors: malformed, unsupported (names the component and what is supported).
class Tokenizer {
 public:
  explicit Tokenizer(TokenizerDefinition definition);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;

  // Any bytes are accepted; each maximal invalid UTF-8 part counts as U+FFFD. Time is linear in the text up to a logarithm. Errors:
  // invalid_argument: a text of a gigabyte and more, or one with parts that the vocabulary has no token for, not even an unknown one.
  std::vector<TokenId> encode(std::string_view text, const EncodeOptions& options = {}) const;
  Encoding encode_with_spans(std::string_view text, const EncodeOptions& options = {}) const;
  Encoding encode_pair(std::string_view first, std::string_view second, const EncodeOptions& options = {}) const;
  // The text that the ids stand for. skip_special leaves out control tokens. A character whose bytes are spread over tokens comes out as
  // far as the ids hold it. Ids outside the vocabulary: invalid_argument.
  std::string decode(std::span<const TokenId> ids, bool skip_special = false) const;

  std::size_t vocabulary_size() const;
  const TokenizerDefinition& definition() const;

 private:
  bool decodes_bytes() const;                             // decoding is joining the tokens' bytes
  bool is_left_out(TokenId id, bool skip_special) const;  // by decode
  struct Implementation;
  std::unique_ptr<const Implementation> implementation_;
  friend class DecodingStream;
};

// Decoding token by token: the texts that push gives make what decoding all ids at once gives. (But where a run of byte tokens starts with
// whole characters and breaks later, decoding at once gives U+FFFD for those too, which have been given out by then.)
class DecodingStream {
 public:
  explicit DecodingStream(const Tokenizer& tokenizer, bool skip_special = false) : tokenizer_(tokenizer), skip_special_(skip_special) {}
  std::string push(TokenId id);  // may be empty, when the text so far may still change
  std::string finish();          // the rest

 private:
  std::string fresh(const std::string& all);
  const Tokenizer& tokenizer_;
  bool skip_special_;
  std::vector<TokenId> ids_;  // the tokens given out last, as context, and those held back
  std::size_t given_ = 0;     // how many of them are given out
};

}  // namespace tightrope::text
