// Text to token ids and back: added tokens first, then words, then byte-pair merging.
#include "text/tokenizer.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "base/error.h"
#include "text/added_tokens.h"
#include "text/bpe.h"
#include "text/byte_alphabet.h"
#include "text/pre_tokenizer.h"
#include "text/utf8.h"

namespace tightrope::text {
namespace {

[[noreturn]] void fail_id(std::string_view what, std::int64_t id, std::size_t size) {
  fail(ErrorCode::malformed, "[tokenizer] {} is {}, but the vocabulary has {} tokens; the file is damaged", what, id, size);
}

void check_added(const BpeDefinition& definition) {
  std::unordered_set<TokenId> seen;
  std::unordered_set<std::string_view> contents;
  for (const auto& added : definition.added) {
    if (added.id >= definition.tokens.size()) fail_id("the id of an added token", added.id, definition.tokens.size());
    if (added.content.empty()) fail(ErrorCode::malformed, "[tokenizer] added token {} is empty; the file is damaged", added.id);
    if (!is_valid_utf8(added.content)) fail(ErrorCode::malformed, "[tokenizer] added token {} is not UTF-8; the file is damaged", added.id);
    if (!seen.insert(added.id).second || !contents.insert(added.content).second)
      fail(ErrorCode::malformed, "[tokenizer] added token {} '{}' is there twice; the file is damaged", added.id, added.content);
  }
}

void check_special_ids(const BpeDefinition& definition) {
  const std::size_t size = definition.tokens.size();
  const auto check = [&](std::int64_t id, std::string_view what) {
    if (id < -1 || id >= static_cast<std::int64_t>(size)) fail_id(what, id, size);
  };
  check(definition.bos, "the id of the BOS token");
  check(definition.eos, "the id of the EOS token");
  check(definition.unknown, "the id of the unknown token");
  check(definition.padding, "the id of the padding token");
  check(definition.byte_unknown, "the id of the token for unknown bytes");
  for (const TokenId id : definition.prefix) check(id, "an id of the template");
  for (const TokenId id : definition.suffix) check(id, "an id of the template");
}

// Everything the rest relies on; what it returns is safe to index with its own ids.
BpeDefinition checked(BpeDefinition definition) {
  if (definition.tokens.size() > kMaximumTokens)
    fail(ErrorCode::malformed, "[tokenizer] {} tokens are more than the limit of {}", definition.tokens.size(), kMaximumTokens);
  for (std::size_t id = 0; id < definition.tokens.size(); ++id) {
    if (!is_valid_utf8(definition.tokens[id].piece))
      fail(ErrorCode::malformed, "[tokenizer] the spelling of token {} is not UTF-8; the file is damaged", id);
  }
  check_added(definition);
  check_special_ids(definition);
  return definition;
}

const PreTokenizer& pre_tokenizer_of(const BpeDefinition& definition) {
  const PreTokenizer* found = find_pre_tokenizer(definition.pre_tokenizer);
  if (found == nullptr)
    fail(ErrorCode::unsupported, "[tokenizer] the pre-tokenizer '{}' is not known; known are {}", definition.pre_tokenizer,
         known_pre_tokenizers());
  return *found;
}

AddedTokens added_tokens_of(const BpeDefinition& definition, bool normalized) {
  std::vector<const BpeDefinition::Added*> tokens;
  for (const auto& added : definition.added) {
    if (added.normalized == normalized) tokens.push_back(&added);
  }
  return AddedTokens(std::move(tokens));
}

}  // namespace

struct Tokenizer::Implementation {
  explicit Implementation(BpeDefinition source)
      : definition(checked(std::move(source))),
        pre_tokenizer(pre_tokenizer_of(definition)),
        bpe(definition),
        raw_added(added_tokens_of(definition, false)),
        normalized_added(added_tokens_of(definition, true)),
        decoded_ends(definition.tokens.size()),
        is_special(definition.tokens.size()) {
    for (std::size_t id = 0; id < decoded_ends.size(); ++id) {
      const std::string& piece = definition.tokens[id].piece;
      if (definition.tokens[id].kind != TokenKind::unused) decoded += from_byte_alphabet(piece).value_or(piece);
      decoded_ends[id] = decoded.size();
      is_special[id] = definition.tokens[id].kind == TokenKind::control;
    }
    for (const auto& added : definition.added) is_special[added.id] = added.special;
  }

  std::string_view bytes_of(TokenId id) const {
    const std::size_t begin = id == 0 ? 0 : decoded_ends[id - 1];
    return std::string_view(decoded).substr(begin, decoded_ends[id] - begin);
  }

  void encode_plain(std::string_view text, std::vector<TokenId>& ids) const {
    std::string spaced;
    if (definition.add_prefix_space && !text.starts_with(' ')) {
      spaced.append(1, ' ').append(text);
      text = spaced;
    }
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = word_end(pre_tokenizer, text, begin);
      bpe.encode_word(text.substr(begin, end - begin), ids);
      begin = end;
    }
  }

  // Tokens matched in raw text come before those matched in normalized text, even though nothing is normalized here: the second set only
  // sees what the first has left.
  void encode(std::string_view text, const EncodeOptions& options, std::vector<TokenId>& ids) const {
    const Literal literal{text, options.literal};
    raw_added.split(text, options.parse_special, literal, [&](const Segment& outer) {
      if (outer.id >= 0) return ids.push_back(static_cast<TokenId>(outer.id));
      normalized_added.split(outer.text, options.parse_special, literal, [&](const Segment& inner) {
        if (inner.id >= 0)
          ids.push_back(static_cast<TokenId>(inner.id));
        else
          encode_plain(inner.text, ids);
      });
    });
  }

  const BpeDefinition definition;
  const PreTokenizer& pre_tokenizer;
  const Bpe bpe;
  const AddedTokens raw_added, normalized_added;  // they point into definition
  std::string decoded;                            // the bytes of all tokens, one after the other
  std::vector<std::size_t> decoded_ends;          // per id: where its bytes end
  std::vector<bool> is_special;                   // per id: what decode leaves out on request
};

Tokenizer::Tokenizer(BpeDefinition definition) : implementation_(std::make_unique<const Implementation>(std::move(definition))) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;

std::vector<TokenId> Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  const BpeDefinition& definition = implementation_->definition;
  std::vector<TokenId> ids;
  ids.reserve(text.size() / 3 + 8);
  if (options.add_special) ids = definition.prefix;
  if (is_valid_utf8(text))
    implementation_->encode(text, options, ids);
  else if (options.literal.empty())
    implementation_->encode(repaired_utf8(text), options, ids);
  else
    fail(ErrorCode::invalid_argument, "[tokenizer] a text with literal parts must be valid UTF-8; repair it first");
  if (options.add_special) ids.insert(ids.end(), definition.suffix.begin(), definition.suffix.end());
  return ids;
}

std::string Tokenizer::decode(std::span<const TokenId> ids, bool skip_special) const {
  std::string text;
  for (const TokenId id : ids) {
    if (id >= vocabulary_size())
      fail(ErrorCode::invalid_argument, "[decode] token {} is outside the vocabulary of {}", id, vocabulary_size());
    if (!skip_special || !implementation_->is_special[id]) text += implementation_->bytes_of(id);
  }
  return text;
}

std::size_t Tokenizer::vocabulary_size() const { return implementation_->definition.tokens.size(); }
const BpeDefinition& Tokenizer::definition() const { return implementation_->definition; }

}  // namespace tightrope::text
