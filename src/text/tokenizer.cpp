// Text to token ids and back: added tokens first, then the components in their order, then the model word by word.
#include "text/tokenizer.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "base/error.h"
#include "text/added_tokens.h"
#include "text/byte_alphabet.h"
#include "text/components.h"
#include "text/models/model.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace tightrope::text {
namespace {

constexpr std::size_t kLongestAdded = 1024;                  // bytes of an added token: each place of a text may be compared with all of it
constexpr std::size_t kLongestInput = std::size_t{1} << 30;  // bytes

[[noreturn]] void fail_id(std::string_view what, std::int64_t id, std::size_t size) {
  fail(ErrorCode::malformed, "[tokenizer] {} is {}, but the vocabulary has {} tokens; the file is damaged", what, id, size);
}

void check_added(const TokenizerDefinition& definition) {
  std::unordered_set<TokenId> seen;
  std::unordered_set<std::string_view> contents;
  for (const auto& added : definition.added) {
    if (added.id >= definition.tokens.size()) fail_id("the id of an added token", added.id, definition.tokens.size());
    if (added.content.size() > kLongestAdded)
      fail(ErrorCode::unsupported, "[tokenizer] added token {} has {} bytes; supported are up to {}", added.id, added.content.size(),
           kLongestAdded);
    if (added.content.empty()) fail(ErrorCode::malformed, "[tokenizer] added token {} is empty; the file is damaged", added.id);
    if (!is_valid_utf8(added.content)) fail(ErrorCode::malformed, "[tokenizer] added token {} is not UTF-8; the file is damaged", added.id);
    if (!seen.insert(added.id).second || !contents.insert(added.content).second)
      fail(ErrorCode::malformed, "[tokenizer] added token {} '{}' is there twice; the file is damaged", added.id, added.content);
  }
}

std::int64_t unknown_of(const ModelOptions& options) {
  return std::visit([](const auto& model) { return model.unknown; }, options);
}

void check_special_ids(const TokenizerDefinition& definition) {
  const std::size_t size = definition.tokens.size();
  const auto check = [&](std::int64_t id, std::string_view what) {
    if (id < -1 || id >= static_cast<std::int64_t>(size)) fail_id(what, id, size);
  };
  check(definition.bos, "the id of the BOS token");
  check(definition.eos, "the id of the EOS token");
  check(definition.unknown, "the id of the unknown token");
  check(definition.padding, "the id of the padding token");
  check(unknown_of(definition.model), "the id of the model's unknown token");
  for (const auto* pieces : {&definition.around.single, &definition.around.pair})
    for (const TemplatePiece& piece : *pieces) check(piece.id, "an id of the template");
}

// Everything the rest relies on; what it returns is safe to index with its own ids.
TokenizerDefinition checked(TokenizerDefinition definition) {
  if (definition.tokens.size() > kMaximumTokens)
    fail(ErrorCode::malformed, "[tokenizer] {} tokens are more than the limit of {}", definition.tokens.size(), kMaximumTokens);
  if (definition.tokens.empty()) fail(ErrorCode::malformed, "[tokenizer] the vocabulary is empty; the file is damaged");
  for (std::size_t id = 0; id < definition.tokens.size(); ++id) {
    if (!is_valid_utf8(definition.tokens[id].piece))
      fail(ErrorCode::malformed, "[tokenizer] the spelling of token {} is not UTF-8; the file is damaged", id);
  }
  check_added(definition);
  check_special_ids(definition);
  return definition;
}

std::string normalized(const TokenizerDefinition& definition, const TokenizerDefinition::Added& added) {
  if (!added.normalized) return added.content;
  AlignedText text = AlignedText::from(added.content, 0, false);
  for (const NormalizerPointer& normalizer : definition.normalizers) normalizer->apply(text);
  return text.text;
}

AddedTokens added_tokens_of(const TokenizerDefinition& definition, bool is_normalized) {
  std::vector<AddedTokens::Entry> tokens;
  for (const auto& added : definition.added) {
    if (added.normalized != is_normalized) continue;
    std::string content = normalized(definition, added);
    if (!content.empty()) tokens.push_back({std::move(content), added});
  }
  return AddedTokens(std::move(tokens));
}

// Spelling bytes in printable characters only to look those up is a detour: the model takes the bytes instead.
bool takes_bytes(const TokenizerDefinition& definition) {
  const BpeOptions* bpe = definition.bpe();
  return bpe != nullptr && !bpe->byte_fallback && !bpe->fuse_unknown && bpe->continuing_prefix.empty() && bpe->end_suffix.empty() &&
         !definition.pre_tokenizers.empty() && definition.pre_tokenizers.back()->without_spelling() != nullptr;
}

std::vector<PreTokenizerPointer> compiled_pre_tokenizers(const TokenizerDefinition& definition) {
  std::vector<PreTokenizerPointer> list = definition.pre_tokenizers;
  if (takes_bytes(definition)) list.back() = list.back()->without_spelling();
  return list;
}

// The spaces at the ends of a token's text, off its span. Of added tokens every kind of space goes; of the model's only spaces proper, the
// others being spelt as bytes.
Span trimmed(Span span, std::string_view text, bool added, bool trims_first_space) {
  const auto is_space = [&](std::size_t at) {
    return text[at] == ' ' || (added && (CharacterClasses::instance().of(code_point_at(text, at).value) & kSpace) != 0);
  };
  std::uint32_t begin = span.begin, end = span.end;
  std::size_t leading = 0;
  while (begin < end && is_space(begin)) {
    begin += static_cast<std::uint32_t>(code_point_at(text, begin).bytes);
    ++leading;
  }
  if (!trims_first_space && span.begin == 0 && leading == 1) begin = 0;
  while (end > begin && is_space(previous_code_point(text, end))) end = static_cast<std::uint32_t>(previous_code_point(text, end));
  return {std::min(begin, end), end};
}

std::size_t size_of(std::span<const std::string> pieces) {
  std::size_t bytes = 0;
  for (const std::string& piece : pieces) bytes += piece.size();
  return bytes;
}

// Tokens of one text, with their spans when somebody wants to know.
struct Tokens {
  std::vector<TokenId> ids;
  std::vector<Span> spans;
  std::vector<bool> added;  // per span: of an added token
  bool tracked = false;

  void put_added(std::int64_t id, Span span) {
    ids.push_back(static_cast<TokenId>(id));
    if (!tracked) return;
    spans.push_back(span);
    added.resize(spans.size());
    added.back() = true;
  }
};

}  // namespace

struct Tokenizer::Implementation {
  explicit Implementation(TokenizerDefinition source)
      : definition(checked(std::move(source))),
        pre_tokenizers(compiled_pre_tokenizers(definition)),
        model(model_row(definition.model).compile(definition, takes_bytes(definition))),
        raw_added(added_tokens_of(definition, false)),
        normalized_added(added_tokens_of(definition, true)),
        decodes_bytes(definition.decoders.size() == 1 && definition.decoders[0]->spells_bytes()),
        decoded_ends(definition.tokens.size()),
        is_special(definition.tokens.size()) {
    std::vector<std::string> spellings(definition.tokens.size());
    for (const auto& added : definition.added) {  // the reference decodes what the normalizers make of these
      std::string spelling = normalized(definition, added);
      if (spelling != added.content) spellings[added.id] = std::move(spelling);
    }
    for (std::size_t id = 0; id < decoded_ends.size(); ++id) {
      const Token& token = definition.tokens[id];
      const std::string& piece = spellings[id].empty() ? token.piece : spellings[id];
      if (token.kind != TokenKind::unused) decoded += decodes_bytes ? from_byte_alphabet(piece).value_or(piece) : piece;
      decoded_ends[id] = decoded.size();
      is_special[id] = token.kind == TokenKind::control;
    }
    for (const auto& added : definition.added) is_special[added.id] = added.special;
  }

  std::string_view spelling_of(TokenId id) const {
    const std::size_t begin = id == 0 ? 0 : decoded_ends[id - 1];
    return std::string_view(decoded).substr(begin, decoded_ends[id] - begin);
  }

  // Tokens matched in raw text come before those matched in normalized text: the second set only sees what the first has left.
  void encode(std::string_view text, const EncodeOptions& options, Tokens& tokens) const {
    const Literal literal{text, options.literal};
    raw_added.split(text, options.parse_special, literal, [&](const Segment& segment) {
      const auto begin = static_cast<std::size_t>(segment.text.data() - text.data());
      if (segment.id < 0) return encode_plain(segment.text, begin, options.parse_special, literal, tokens);
      tokens.put_added(segment.id, {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(begin + segment.text.size())});
    });
  }

  void encode_plain(std::string_view text, std::size_t offset, bool parse_special, const Literal& literal, Tokens& tokens) const {
    AlignedText aligned = AlignedText::from(text, offset, tokens.tracked || !literal.spans.empty());
    for (const NormalizerPointer& normalizer : definition.normalizers) normalizer->apply(aligned);
    if (normalized_added.empty()) return encode_words(std::move(aligned), offset == 0, literal, tokens);
    const std::string_view whole = aligned.text;
    const std::vector<ByteSpan> literal_spans = literal_bytes(aligned, literal);
    normalized_added.split(whole, parse_special, Literal{whole, literal_spans}, [&](const Segment& segment) {
      const auto begin = static_cast<std::size_t>(segment.text.data() - whole.data()), end = begin + segment.text.size();
      if (segment.id < 0) {
        AlignedText part{std::string(segment.text), {}, aligned.tracked, aligned.limit};
        if (part.tracked)
          part.sources.assign(aligned.sources.begin() + static_cast<std::ptrdiff_t>(begin),
                              aligned.sources.begin() + static_cast<std::ptrdiff_t>(end));
        return encode_words(std::move(part), offset == 0 && begin == 0, literal, tokens);
      }
      tokens.put_added(segment.id, tokens.tracked ? aligned.source_of(begin, end) : Span{});
    });
  }

  // The bytes of a normalized text that come from literal ones.
  static std::vector<ByteSpan> literal_bytes(const AlignedText& aligned, const Literal& literal) {
    std::vector<ByteSpan> spans;
    for (std::size_t i = 0; !literal.spans.empty() && i < aligned.text.size(); ++i) {
      const Span source = aligned.source_of(i, i + 1);
      const std::string_view part = literal.whole.substr(source.begin, source.end - source.begin);
      if (literal.first_in(part) == part.size()) continue;
      if (!spans.empty() && spans.back().end == i)
        spans.back().end = i + 1;
      else
        spans.push_back({i, i + 1});
    }
    return spans;
  }

  void encode_words(AlignedText text, bool starts_text, const Literal& literal, Tokens& tokens) const {
    if (text.text.empty()) return;
    const auto size = static_cast<std::uint32_t>(text.text.size());
    Pieces pieces{std::move(text), {{0, size}}, starts_text};
    for (const PreTokenizerPointer& pre_tokenizer : pre_tokenizers) pre_tokenizer->apply(pieces);
    std::vector<std::uint32_t> ends;
    TokenSink sink{tokens.ids, tokens.tracked || !literal.spans.empty() ? &ends : nullptr};
    for (const Span word : pieces.words) {
      std::vector<Span> open{word};
      while (!open.empty()) {
        const Span part = open.back();
        open.pop_back();
        ends.clear();
        const std::size_t first = tokens.ids.size();
        model->encode(std::string_view(pieces.text.text).substr(part.begin, part.end - part.begin), sink);
        if (!literal.spans.empty() && cut_special(pieces, part, std::span(tokens.ids).subspan(first), ends, literal, open))
          tokens.ids.resize(first);
        else if (tokens.tracked)
          put_spans(pieces, part, ends, tokens);
      }
    }
  }

  static void put_spans(const Pieces& pieces, Span part, std::span<const std::uint32_t> ends, Tokens& tokens) {
    std::uint32_t begin = part.begin;
    for (const std::uint32_t end : ends) {
      tokens.spans.push_back(pieces.text.source_of(std::min(begin, part.begin + end), part.begin + end));
      begin = part.begin + end;
    }
  }

  // Some models have their special tokens in the vocabulary and make them of any text that spells them, a user's too. Such a token is cut
  // behind its first character and the parts are put into `open`, the last first; false: there was none. One of a single character stays:
  // it stands for that character.
  bool cut_special(const Pieces& pieces, Span part, std::span<const TokenId> ids, std::span<const std::uint32_t> ends,
                   const Literal& literal, std::vector<Span>& open) const {
    std::vector<Span> parts;
    std::uint32_t begin = 0, done = part.begin;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const Span place{part.begin + begin, part.begin + ends[i]};
      begin = ends[i];
      if (!is_special[ids[i]] || place.begin >= place.end) continue;
      const std::string_view text = std::string_view(pieces.text.text).substr(place.begin, place.end - place.begin);
      const bool stands_for_unknown = ids[i] == unknown_of(definition.model) && text != definition.tokens[ids[i]].piece;
      const auto cut = place.begin + static_cast<std::uint32_t>(code_point_at(text, 0).bytes);
      const Span source = pieces.text.source_of(place.begin, place.end);
      const std::string_view original = literal.whole.substr(source.begin, source.end - source.begin);
      if (stands_for_unknown || cut >= place.end || literal.first_in(original) == original.size()) continue;
      parts.push_back({done, cut});
      done = cut;
    }
    if (parts.empty()) return false;
    open.push_back({done, part.end});
    open.insert(open.end(), parts.rbegin(), parts.rend());
    return true;
  }

  Tokens encoded(std::string_view text, const EncodeOptions& options, bool tracked) const {
    if (text.size() >= kLongestInput)
      fail(ErrorCode::invalid_argument, "[tokenizer] a text of {} bytes is beyond 1 GiB; encode it in parts", text.size());
    Tokens tokens{{}, {}, {}, tracked};
    tokens.ids.reserve(text.size() / 4 + 8);
    if (is_valid_utf8(text)) {
      encode(text, options, tokens);
      trim(text, tokens);
      return tokens;
    }
    if (!options.literal.empty())
      fail(ErrorCode::invalid_argument, "[tokenizer] a text with literal parts must be valid UTF-8; repair it first");
    const std::string repaired = repaired_utf8(text);
    encode(repaired, options, tokens);
    trim(repaired, tokens);
    if (!tracked) return tokens;
    const std::vector<std::uint32_t> places = places_before_repair(text);
    for (Span& span : tokens.spans) span = {places[span.begin], places[span.end]};
    return tokens;
  }

  void trim(std::string_view text, Tokens& tokens) const {
    if (!definition.around.trims_spans) return;
    tokens.added.resize(tokens.spans.size());
    for (std::size_t i = 0; i < tokens.spans.size(); ++i)
      tokens.spans[i] = trimmed(tokens.spans[i], text, tokens.added[i], definition.around.trims_first_space);
  }

  Encoding around(const std::vector<TemplatePiece>& pieces, std::span<const Tokens> sequences, bool add_special) const {
    Encoding encoding;
    for (const TemplatePiece& piece : pieces) {
      if (piece.kind == TemplatePiece::Kind::token) {
        if (!add_special) continue;
        encoding.ids.push_back(piece.id);
        encoding.type_ids.push_back(piece.type);
        encoding.spans.push_back({});
        encoding.sequences.push_back(-1);
        continue;
      }
      const bool second = piece.kind == TemplatePiece::Kind::second;
      const Tokens& tokens = sequences[second ? 1 : 0];
      encoding.ids.insert(encoding.ids.end(), tokens.ids.begin(), tokens.ids.end());
      encoding.type_ids.insert(encoding.type_ids.end(), tokens.ids.size(), piece.type);
      encoding.spans.insert(encoding.spans.end(), tokens.spans.begin(), tokens.spans.end());
      encoding.sequences.insert(encoding.sequences.end(), tokens.ids.size(), second ? std::int8_t{1} : std::int8_t{0});
    }
    return encoding;
  }

  const TokenizerDefinition definition;
  const std::vector<PreTokenizerPointer> pre_tokenizers;
  const std::unique_ptr<const Model> model;
  const AddedTokens raw_added, normalized_added;
  const bool decodes_bytes;               // decoding is undoing the byte-level alphabet: `decoded` holds bytes
  std::string decoded;                    // the spellings of all tokens, one after the other
  std::vector<std::size_t> decoded_ends;  // per id: where its spelling ends
  std::vector<bool> is_special;           // per id: what decode leaves out on request
};

Tokenizer::Tokenizer(TokenizerDefinition definition) : implementation_(std::make_unique<const Implementation>(std::move(definition))) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;

std::vector<TokenId> Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  const std::vector<TemplatePiece>& pieces = implementation_->definition.around.single;
  std::vector<Tokens> tokens(1);
  tokens[0] = implementation_->encoded(text, options, false);
  if (!options.add_special || pieces.size() == 1) return std::move(tokens[0].ids);
  std::vector<TokenId> ids;
  ids.reserve(tokens[0].ids.size() + pieces.size());
  for (const TemplatePiece& piece : pieces) {
    if (piece.kind == TemplatePiece::Kind::token)
      ids.push_back(piece.id);
    else
      ids.insert(ids.end(), tokens[0].ids.begin(), tokens[0].ids.end());
  }
  return ids;
}

Encoding Tokenizer::encode_with_spans(std::string_view text, const EncodeOptions& options) const {
  const Tokens tokens = implementation_->encoded(text, options, true);
  return implementation_->around(implementation_->definition.around.single, {&tokens, 1}, options.add_special);
}

Encoding Tokenizer::encode_pair(std::string_view first, std::string_view second, const EncodeOptions& options) const {
  const Tokens sequences[] = {implementation_->encoded(first, options, true), implementation_->encoded(second, options, true)};
  return implementation_->around(implementation_->definition.around.pair, sequences, options.add_special);
}

bool Tokenizer::decodes_bytes() const { return implementation_->decodes_bytes; }

bool Tokenizer::is_left_out(TokenId id, bool skip_special) const {
  if (id >= vocabulary_size())
    fail(ErrorCode::invalid_argument, "[decode] token {} is outside the vocabulary of {}", id, vocabulary_size());
  return (skip_special && implementation_->is_special[id]) || implementation_->definition.tokens[id].kind == TokenKind::unused;
}

std::string Tokenizer::decode(std::span<const TokenId> ids, bool skip_special) const {
  const Implementation& own = *implementation_;
  std::string text;
  std::vector<std::string> pieces;
  for (const TokenId id : ids) {
    if (is_left_out(id, skip_special)) continue;
    if (own.decodes_bytes)
      text += own.spelling_of(id);
    else
      pieces.emplace_back(own.spelling_of(id));
  }
  if (own.decodes_bytes) return text;
  const std::size_t limit = longest_rewritten(size_of(pieces));
  for (const DecoderPointer& decoder : own.definition.decoders) {
    decoder->apply(pieces);
    check_rewritten(size_of(pieces), limit);
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) text.append(i > 0 && own.definition.decoders.empty() ? " " : "").append(pieces[i]);
  return text;
}

std::size_t Tokenizer::vocabulary_size() const { return implementation_->definition.tokens.size(); }
const TokenizerDefinition& Tokenizer::definition() const { return implementation_->definition; }

}  // namespace tightrope::text
