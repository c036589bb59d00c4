// The tokenizer's keys in a GGUF, both ways: one row for each model that GGUF knows, and one key of our own for what it cannot say.
#include "model/gguf_tokenizer.h"

#include <algorithm>
#include <iterator>

#include "base/checked.h"
#include "model/gguf_vocabulary.h"
#include "model/gguf_words.h"
#include "text/base64.h"
#include "text/components.h"
#include "text/score_merges.h"

namespace tightrope::model {
namespace {

using checkpoint::Metadata;
using text::TokenizerDefinition;
using text::TokenKind;

constexpr std::string_view kModel = "tokenizer.ggml.model", kPre = "tokenizer.ggml.pre", kMerges = "tokenizer.ggml.merges";
constexpr std::string_view kAddBos = "tokenizer.ggml.add_bos_token", kAddEos = "tokenizer.ggml.add_eos_token";
constexpr std::string_view kAddSep = "tokenizer.ggml.add_sep_token", kPrefixSpace = "tokenizer.ggml.add_space_prefix";
constexpr std::string_view kCharsmap = "tokenizer.ggml.precompiled_charsmap", kSqueeze = "tokenizer.ggml.remove_extra_whitespaces";
constexpr std::string_view kChatTemplate = "tokenizer.chat_template";
// Ours: the components as tokenizer.json describes them, written only when the other keys do not say the same.
constexpr std::string_view kComponents = "tightrope.tokenizer.components";
constexpr std::string_view kSpace = "\u2581";  // what SentencePiece writes for a space

Json component(std::string_view type, Json::Object members = {}) {
  members.insert(members.begin(), {"type", type});
  return Json(std::move(members));
}

template <class Read>
auto read_sequence(Read&& read, std::string_view members, Json::Array parts) {
  const Json sequence = component("Sequence", {{std::string(members), Json(std::move(parts))}});
  return read(&sequence);
}

Json literal(std::string_view text) { return Json(Json::Object{{"String", text}}); }

std::string id_key(std::string_view name) { return fmt::format("tokenizer.ggml.{}_token_id", name); }

std::int64_t special_id(const Metadata& metadata, std::string_view name, std::size_t tokens) {
  const std::string key = id_key(name);
  if (!metadata.find(key)) return -1;
  const std::uint64_t id = metadata.unsigned_or(key, 0);
  if (id >= tokens) malformed_gguf_tokenizer(fmt::format("{} is {}, beyond its {} tokens", key, id, tokens));
  return static_cast<std::int64_t>(id);
}

// The tokens around the text, as the flags say or as they are by habit.
void read_around(const Metadata& metadata, bool bos, bool eos, TokenizerDefinition& definition) {
  std::vector<text::TokenId> prefix, suffix;
  if (metadata.bool_or(kAddBos, bos) && definition.bos >= 0) prefix.push_back(static_cast<text::TokenId>(definition.bos));
  if (metadata.bool_or(kAddEos, eos) && definition.eos >= 0) suffix.push_back(static_cast<text::TokenId>(definition.eos));
  definition.around = text::surrounding_template(prefix, suffix);
}

// gpt2: byte-level BPE.

void read_bpe(const Metadata& metadata, TokenizerDefinition& definition) {
  const GgufWords words = read_gguf_words(metadata.string_or(kPre, "default"));
  text::BpeOptions options;
  options.merges = read_gguf_merges(metadata, kMerges);
  options.ignore_merges = words.ignore_merges;
  definition.model = std::move(options);
  definition.pre_tokenizers = words.components;
  if (metadata.bool_or(kPrefixSpace, false)) {
    Json last = words.components.back()->write();
    last["add_prefix_space"] = true;
    definition.pre_tokenizers.back() = text::read_pre_tokenizers(&last).front();
  }
  definition.decoders = text::byte_level_decoders();
  // Files without the flag: readers of GGUF add BOS for the Llama 3 family, which is the one that ignores merges.
  read_around(metadata, words.ignore_merges, false, definition);
}

bool is_byte_level(const TokenizerDefinition& definition) {
  return definition.bpe() != nullptr && !definition.pre_tokenizers.empty() &&
         definition.pre_tokenizers.back()->without_spelling() != nullptr;
}

void write_bpe(const TokenizerDefinition& definition, Metadata& metadata) {
  const text::BpeOptions& options = *definition.bpe();
  metadata.set(std::string(kPre), {std::string(find_gguf_words(definition.pre_tokenizers, options.ignore_merges).name)});
  write_gguf_merges(options.merges, kMerges, metadata);
  if (text::flag_of(definition.pre_tokenizers.back()->write(), "add_prefix_space", false)) metadata.set(std::string(kPrefixSpace), {true});
}

// llama: SentencePiece's BPE, merging by score.

void read_sentencepiece(const Metadata& metadata, TokenizerDefinition& definition) {
  definition.model = text::BpeOptions{.merges = {},
                                      .merges_by_score = true,
                                      .unknown = definition.unknown,
                                      .fuse_unknown = true,
                                      .byte_fallback = true,
                                      .ignore_merges = false,
                                      .continuing_prefix = "",
                                      .end_suffix = ""};
  const bool prefix = metadata.bool_or(kPrefixSpace, true);
  Json::Array normalizers, decoders;
  if (prefix) normalizers.push_back(component("Prepend", {{"prepend", kSpace}}));
  normalizers.push_back(component("Replace", {{"pattern", literal(" ")}, {"content", kSpace}}));
  decoders.push_back(component("Replace", {{"pattern", literal(kSpace)}, {"content", " "}}));
  decoders.push_back(component("ByteFallback"));
  decoders.push_back(component("Fuse"));
  if (prefix) decoders.push_back(component("Strip", {{"content", " "}, {"start", 1}, {"stop", 0}}));
  definition.normalizers = read_sequence(text::read_normalizers, "normalizers", std::move(normalizers));
  definition.decoders = read_sequence(text::read_decoders, "decoders", std::move(decoders));
  read_around(metadata, true, false, definition);
}

bool is_sentencepiece(const TokenizerDefinition& definition) {
  return definition.bpe() != nullptr && definition.bpe()->byte_fallback && !is_byte_level(definition);
}

bool prepends_space(const TokenizerDefinition& definition) {
  return text::write_normalizers(definition.normalizers).dump().find("Prepend") != std::string::npos ||
         text::write_pre_tokenizers(definition.pre_tokenizers).dump().find(R"("prepend_scheme":"always")") != std::string::npos ||
         text::write_pre_tokenizers(definition.pre_tokenizers).dump().find(R"("prepend_scheme":"first")") != std::string::npos;
}

void write_sentencepiece(const TokenizerDefinition& definition, Metadata& metadata) {
  metadata.set(std::string(kPre), {std::string("default")});
  metadata.set(std::string(kPrefixSpace), {prepends_space(definition)});
  if (definition.bpe()->merges_by_score) return;
  TokenizerDefinition scored = definition;
  if (!text::give_scores(scored))
    fail(ErrorCode::unsupported,
         "[gguf] the merges of this tokenizer do not come from scores, and GGUF's tokenizer 'llama' has only scores");
  write_gguf_scores(scored, metadata);
}

// bert: WordPiece. GGUF marks the pieces that start a word where everybody else marks those that go on.

void read_word_piece(const Metadata& metadata, TokenizerDefinition& definition) {
  const text::WordPieceOptions options{.unknown = definition.unknown};
  definition.model = options;
  for (text::Token& token : definition.tokens) {
    const bool special = token.piece.size() > 2 && token.piece.starts_with('[') && token.piece.ends_with(']');
    if (token.piece.starts_with(kSpace))
      token.piece.erase(0, kSpace.size());
    else if (!special && token.kind == TokenKind::normal)
      token.piece.insert(0, options.continuing_prefix);
  }
  definition.normalizers =
      read_sequence(text::read_normalizers, "normalizers",
                    {component("BertNormalizer",
                               {{"clean_text", true}, {"handle_chinese_chars", true}, {"strip_accents", nullptr}, {"lowercase", true}})});
  definition.pre_tokenizers = read_sequence(text::read_pre_tokenizers, "pretokenizers", {component("BertPreTokenizer")});
  definition.decoders =
      read_sequence(text::read_decoders, "decoders", {component("WordPiece", {{"prefix", options.continuing_prefix}, {"cleanup", true}})});
  const std::size_t count = definition.tokens.size();
  const std::int64_t cls = std::max(special_id(metadata, "cls", count), definition.bos);
  if (definition.bos == special_id(metadata, "cls", count)) definition.bos = -1;  // one token under both names
  std::int64_t sep = special_id(metadata, "seperator", count);                    // so spelt
  if (sep < 0) sep = definition.eos;
  using Kind = text::TemplatePiece::Kind;
  text::Template around{.single = {{Kind::first, 0, 0}}, .pair = {}};
  if (metadata.bool_or(kAddBos, true) && cls >= 0)
    around.single.insert(around.single.begin(), {Kind::token, static_cast<text::TokenId>(cls), 0});
  const bool ends = metadata.bool_or(kAddSep, metadata.bool_or(kAddEos, true)) && sep >= 0;
  if (ends) around.single.push_back({Kind::token, static_cast<text::TokenId>(sep), 0});
  around.pair = around.single;
  around.pair.push_back({Kind::second, 0, 1});
  if (ends) around.pair.push_back({Kind::token, static_cast<text::TokenId>(sep), 1});
  definition.around = around;
}

bool is_word_piece(const TokenizerDefinition& definition) { return std::holds_alternative<text::WordPieceOptions>(definition.model); }

void write_word_piece(const TokenizerDefinition& definition, Metadata& metadata) {
  const auto& options = std::get<text::WordPieceOptions>(definition.model);
  if (options.continuing_prefix.empty())
    fail(ErrorCode::unsupported, "[gguf] GGUF's tokenizer 'bert' cannot say that pieces inside a word look like those at its start");
  metadata.set(std::string(kPre), {std::string("default")});
  std::vector<std::string> pieces = *metadata.strings("tokenizer.ggml.tokens");
  for (std::size_t id = 0; id < definition.tokens.size(); ++id) {
    const text::Token& token = definition.tokens[id];
    const bool special = token.piece.size() > 2 && token.piece.starts_with('[') && token.piece.ends_with(']');
    if (token.kind != TokenKind::normal || special) continue;
    const bool goes_on = token.piece.starts_with(options.continuing_prefix);
    pieces[id] = goes_on ? token.piece.substr(options.continuing_prefix.size()) : std::string(kSpace) + token.piece;
  }
  metadata.set("tokenizer.ggml.tokens", {std::move(pieces)});
  const std::vector<text::TokenId> prefix = definition.prefix(), suffix = definition.suffix();
  if (prefix.size() == 1) metadata.set(id_key("cls"), {prefix.front()});
  if (prefix.size() == 1 && definition.bos < 0) metadata.set(id_key("bos"), {prefix.front()});  // what llama.cpp begins a text with
  if (suffix.size() == 1) metadata.set(id_key("seperator"), {suffix.front()});
  if (definition.eos >= 0) return;
  metadata.set(std::string(kAddSep), {!suffix.empty()});
  metadata.set(std::string(kAddEos), {false});  // llama.cpp looks for the token that it is told to add
}

// t5: SentencePiece's Unigram.

void read_unigram(const Metadata& metadata, TokenizerDefinition& definition) {
  definition.model = text::UnigramOptions{.unknown = definition.unknown, .byte_fallback = false};
  Json::Array normalizers, pre_tokenizers;
  if (const std::vector<std::int64_t> charsmap = metadata.integers(kCharsmap); !charsmap.empty()) {
    std::string bytes;
    for (const std::int64_t byte : charsmap) bytes += static_cast<char>(static_cast<unsigned char>(byte & 0xff));
    normalizers.push_back(component("Precompiled", {{"precompiled_charsmap", text::encoded_base64(bytes)}}));
  }
  if (metadata.bool_or(kSqueeze, false)) pre_tokenizers.push_back(component("WhitespaceSplit"));
  const Json metaspace =
      component("Metaspace",
                {{"replacement", kSpace}, {"prepend_scheme", metadata.bool_or(kPrefixSpace, true) ? "always" : "never"}, {"split", true}});
  pre_tokenizers.push_back(metaspace);
  definition.normalizers = read_sequence(text::read_normalizers, "normalizers", std::move(normalizers));
  definition.pre_tokenizers = read_sequence(text::read_pre_tokenizers, "pretokenizers", std::move(pre_tokenizers));
  definition.decoders = text::read_decoders(&metaspace);
  read_around(metadata, false, true, definition);
}

bool is_unigram(const TokenizerDefinition& definition) { return std::holds_alternative<text::UnigramOptions>(definition.model); }

void write_unigram(const TokenizerDefinition& definition, Metadata& metadata) {
  metadata.set(std::string(kPre), {std::string("default")});
  metadata.set(std::string(kPrefixSpace), {prepends_space(definition)});
  const std::string words = text::write_pre_tokenizers(definition.pre_tokenizers).dump();
  metadata.set(std::string(kSqueeze), {words.find("WhitespaceSplit") != std::string::npos});
  for (const text::NormalizerPointer& normalizer : definition.normalizers) {
    const Json description = normalizer->write();
    const Json* charsmap = description.find("precompiled_charsmap");
    if (charsmap == nullptr) continue;
    const std::string bytes = text::decoded_base64(charsmap->as_string("precompiled_charsmap"), "precompiled_charsmap");
    checkpoint::ValueArray values;
    for (const char byte : bytes) values.push_back({static_cast<std::uint8_t>(byte)});
    metadata.set(std::string(kCharsmap), {std::move(values), 0});  // 0: GGUF's number for bytes
  }
}

struct Row {
  std::string_view name;  // tokenizer.ggml.model
  void (*read)(const Metadata& metadata, TokenizerDefinition& definition);
  bool (*holds)(const TokenizerDefinition& definition);
  void (*write)(const TokenizerDefinition& definition, Metadata& metadata);
};

constexpr Row kRows[] = {
    {"gpt2", read_bpe, is_byte_level, write_bpe},
    {"llama", read_sentencepiece, is_sentencepiece, write_sentencepiece},
    {"bert", read_word_piece, is_word_piece, write_word_piece},
    {"t5", read_unigram, is_unigram, write_unigram},
};

std::string known_names() {
  std::string names;
  for (const Row& row : kRows) names.append(names.empty() ? "" : ", ").append(row.name);
  return names;
}

TokenizerDefinition read_without_components(const Metadata& metadata) {
  const std::string name = metadata.string_or(kModel, "");
  const auto row = std::ranges::find(kRows, name, &Row::name);
  if (row == std::end(kRows))
    fail(ErrorCode::unsupported, "[gguf] the tokenizer model '{}' is not supported; known are {}", name.substr(0, 64), known_names());
  TokenizerDefinition definition;
  definition.tokens = read_gguf_tokens(metadata);
  const std::size_t count = definition.tokens.size();
  definition.bos = special_id(metadata, "bos", count);
  definition.eos = special_id(metadata, "eos", count);
  definition.unknown = special_id(metadata, "unknown", count);
  definition.padding = special_id(metadata, "padding", count);
  definition.chat_template = metadata.string_or(kChatTemplate, "");
  row->read(metadata, definition);
  definition.added = gguf_added_tokens(definition.tokens);
  return definition;
}

}  // namespace

bool has_gguf_tokenizer(const Metadata& metadata) {
  const std::string model = metadata.string_or(kModel, "none");
  return model != "none" && model != "no_vocab";
}

TokenizerDefinition read_gguf_tokenizer(const Metadata& metadata) {
  TokenizerDefinition definition = read_without_components(metadata);
  if (const std::string components = metadata.string_or(kComponents, ""); !components.empty())
    read_gguf_components(Json::parse(components, kComponents), definition);
  return definition;
}

void write_gguf_tokenizer(const TokenizerDefinition& definition, std::uint64_t vocab, Metadata& metadata) {
  const auto row = std::ranges::find_if(kRows, [&](const Row& candidate) { return candidate.holds(definition); });
  if (row == std::end(kRows))
    fail(ErrorCode::unsupported, "[gguf] GGUF has no tokenizer that does what this one does; it has {}", known_names());
  metadata.set(std::string(kModel), {std::string(row->name)});
  write_gguf_tokens(definition, vocab, metadata);
  const auto set_id = [&](std::string_view name, std::int64_t id) {
    if (id >= 0) metadata.set(id_key(name), {narrow<std::uint32_t>(id, "a special token's id")});
  };
  set_id("bos", definition.bos);
  set_id("eos", definition.eos);
  set_id("unknown", std::max(definition.unknown, std::visit([](const auto& model) { return model.unknown; }, definition.model)));
  set_id("padding", definition.padding);
  const auto is_only = [](const std::vector<text::TokenId>& ids, std::int64_t token) {
    return ids.size() == 1 && std::cmp_equal(ids[0], token);
  };
  const bool bert = is_word_piece(definition);
  metadata.set(std::string(kAddBos), {bert ? !definition.prefix().empty() : is_only(definition.prefix(), definition.bos)});
  metadata.set(std::string(kAddEos), {bert ? !definition.suffix().empty() : is_only(definition.suffix(), definition.eos)});
  row->write(definition, metadata);
  if (!definition.chat_template.empty()) metadata.set(std::string(kChatTemplate), {definition.chat_template});
  const std::string wanted = gguf_components(definition).dump();
  if (gguf_components(read_without_components(metadata)).dump() != wanted) metadata.set(std::string(kComponents), {wanted});
}

}  // namespace tightrope::model
