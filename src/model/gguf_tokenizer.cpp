// Byte-level BPE ("gpt2") in a GGUF. What the format has no key for travels under keys of our own, written only when it is needed.
#include "model/gguf_tokenizer.h"

#include <algorithm>

#include "base/checked.h"
#include "text/pre_tokenizer.h"

namespace tightrope::model {
namespace {

using checkpoint::Metadata;
using text::BpeDefinition;
using text::TokenKind;

constexpr std::string_view kModel = "tokenizer.ggml.model", kPre = "tokenizer.ggml.pre", kTokens = "tokenizer.ggml.tokens";
constexpr std::string_view kTypes = "tokenizer.ggml.token_type", kMerges = "tokenizer.ggml.merges";
constexpr std::string_view kAddBos = "tokenizer.ggml.add_bos_token", kAddEos = "tokenizer.ggml.add_eos_token";
constexpr std::string_view kPrefixSpace = "tokenizer.ggml.add_space_prefix", kChatTemplate = "tokenizer.chat_template";
// Ours: i32 token ids; i32 pairs of an added token's id and its flags; whether merges are ignored against the pre-tokenizer's habit.
constexpr std::string_view kPrefix = "tightrope.tokenizer.prefix", kSuffix = "tightrope.tokenizer.suffix";
constexpr std::string_view kAddedFlags = "tightrope.tokenizer.added_flags", kIgnoreMerges = "tightrope.tokenizer.ignore_merges";
constexpr std::string_view kByteUnknown = "tightrope.tokenizer.byte_unknown_token_id";

enum AddedFlag : std::int32_t { kSingleWord = 1, kLeftStrip = 2, kRightStrip = 4, kNormalized = 8, kSpecial = 16 };

std::string placeholder(std::uint64_t id) { return fmt::format("[PAD{}]", id); }

[[noreturn]] void malformed(std::string_view rule) { fail(ErrorCode::malformed, "[gguf] the tokenizer: {}; the file is damaged", rule); }

std::vector<text::Token> read_tokens(const Metadata& metadata) {
  const std::vector<std::string>* pieces = metadata.strings(kTokens);
  if (!pieces || pieces->empty()) malformed("tokenizer.ggml.tokens is missing or empty");
  const std::vector<std::int64_t> types = metadata.integers(kTypes);
  if (!types.empty() && types.size() != pieces->size())
    malformed(fmt::format("{} token types for {} tokens", types.size(), pieces->size()));
  std::vector<text::Token> tokens(pieces->size());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::int64_t type = types.empty() ? 1 : types[i];
    if (type < 1 || type > 6) malformed(fmt::format("token {} is of type {}, not 1 to 6", i, type));
    tokens[i].kind = static_cast<TokenKind>(type - 1);
    const bool hole = tokens[i].kind == TokenKind::unused && (*pieces)[i] == placeholder(i);
    if (!hole) tokens[i].piece = (*pieces)[i];
  }
  while (!tokens.empty() && tokens.back().kind == TokenKind::unused && tokens.back().piece.empty()) tokens.pop_back();
  return tokens;
}

std::vector<std::pair<std::string, std::string>> read_merges(const Metadata& metadata) {
  std::vector<std::pair<std::string, std::string>> merges;
  const std::vector<std::string>* lines = metadata.strings(kMerges);
  if (!lines) malformed("tokenizer.ggml.merges is missing");
  merges.reserve(lines->size());
  for (const std::string& line : *lines) {
    const std::size_t space = line.find(' ', 1);
    if (space == std::string::npos || space + 1 == line.size())
      malformed(fmt::format("the merge '{}' is not two pieces", line.substr(0, 64)));
    merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  return merges;
}

std::vector<BpeDefinition::Added> read_added(const Metadata& metadata, const std::vector<text::Token>& tokens) {
  std::vector<BpeDefinition::Added> added;
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    const TokenKind kind = tokens[id].kind;
    if (kind == TokenKind::control || kind == TokenKind::user_defined)
      added.push_back({.id = static_cast<text::TokenId>(id), .content = tokens[id].piece, .special = kind == TokenKind::control});
  }
  const std::vector<std::int64_t> flags = metadata.integers(kAddedFlags);
  if (flags.size() % 2 != 0) malformed("tightrope.tokenizer.added_flags is not made of pairs");
  for (std::size_t i = 0; i < flags.size(); i += 2) {
    const auto found =
        std::find_if(added.begin(), added.end(), [&](const BpeDefinition::Added& token) { return std::cmp_equal(token.id, flags[i]); });
    if (found == added.end()) malformed(fmt::format("flags for token {}, which is not an added one", flags[i]));
    found->single_word = (flags[i + 1] & kSingleWord) != 0;
    found->left_strip = (flags[i + 1] & kLeftStrip) != 0;
    found->right_strip = (flags[i + 1] & kRightStrip) != 0;
    found->normalized = (flags[i + 1] & kNormalized) != 0;
    found->special = (flags[i + 1] & kSpecial) != 0;
  }
  return added;
}

std::string id_key(std::string_view name) { return fmt::format("tokenizer.ggml.{}_token_id", name); }

std::int64_t special_id(const Metadata& metadata, std::string_view key, std::size_t tokens) {
  if (!metadata.find(key)) return -1;
  const std::uint64_t id = metadata.unsigned_or(key, 0);
  if (id >= tokens) malformed(fmt::format("{} is {}, beyond its {} tokens", key, id, tokens));
  return static_cast<std::int64_t>(id);
}

// The ids a template puts on one side: our own key, or the one token that GGUF's flag stands for.
std::vector<text::TokenId> read_side(const Metadata& metadata, std::string_view own_key, bool flag, std::int64_t token,
                                     std::size_t tokens) {
  std::vector<text::TokenId> ids;
  for (const std::int64_t id : metadata.integers(own_key)) {
    if (id < 0 || std::cmp_greater_equal(id, tokens)) malformed(fmt::format("{} names token {} of {}", own_key, id, tokens));
    ids.push_back(static_cast<text::TokenId>(id));
  }
  if (ids.empty() && flag && token >= 0) ids.push_back(static_cast<text::TokenId>(token));
  return ids;
}

bool is_only(const std::vector<text::TokenId>& ids, std::int64_t token) { return ids.size() == 1 && std::cmp_equal(ids[0], token); }

void write_side(const std::vector<text::TokenId>& ids, std::int64_t token, std::string_view flag_key, std::string_view own_key,
                Metadata& metadata) {
  metadata.set(std::string(flag_key), {is_only(ids, token)});
  if (!ids.empty() && !is_only(ids, token)) metadata.set(std::string(own_key), {std::vector<std::int32_t>(ids.begin(), ids.end())});
}

std::int32_t flags_of(const BpeDefinition::Added& token) {
  return (token.single_word ? kSingleWord : 0) | (token.left_strip ? kLeftStrip : 0) | (token.right_strip ? kRightStrip : 0) |
         (token.normalized ? kNormalized : 0) | (token.special ? kSpecial : 0);
}

void write_added_flags(const BpeDefinition& definition, Metadata& metadata) {
  std::vector<std::int32_t> pairs;
  for (const BpeDefinition::Added& token : definition.added) {
    const bool control = definition.tokens[token.id].kind == TokenKind::control;
    if (flags_of(token) == (control ? kSpecial : 0)) continue;
    pairs.push_back(narrow<std::int32_t>(token.id, "a token's id"));
    pairs.push_back(flags_of(token));
  }
  if (!pairs.empty()) metadata.set(std::string(kAddedFlags), {std::move(pairs)});
}

// A name whose pattern and way of merging are the definition's, so that any reader of GGUF does the same.
void write_pre_tokenizer(const BpeDefinition& definition, Metadata& metadata) {
  const text::PreTokenizer* wanted = text::find_pre_tokenizer(definition.pre_tokenizer);
  if (!wanted) fail(ErrorCode::internal, "[gguf] the pre-tokenizer '{}' is not in the table; this is a bug", definition.pre_tokenizer);
  for (const text::PreTokenizer& other : text::pre_tokenizers())
    if (other.pattern == wanted->pattern && other.ignore_merges == definition.ignore_merges) wanted = &other;
  metadata.set(std::string(kPre), {std::string(wanted->name)});
  if (wanted->ignore_merges != definition.ignore_merges) metadata.set(std::string(kIgnoreMerges), {definition.ignore_merges});
}

void write_tokens(const BpeDefinition& definition, std::uint64_t vocab, Metadata& metadata) {
  std::vector<std::string> pieces;
  std::vector<std::int32_t> types;
  for (std::uint64_t id = 0; id < std::max<std::uint64_t>(vocab, definition.tokens.size()); ++id) {
    const bool hole =
        id >= definition.tokens.size() || (definition.tokens[id].kind == TokenKind::unused && definition.tokens[id].piece.empty());
    pieces.push_back(hole ? placeholder(id) : definition.tokens[id].piece);
    types.push_back(1 + static_cast<std::int32_t>(hole ? TokenKind::unused : definition.tokens[id].kind));
  }
  std::vector<std::string> merges;
  for (const auto& [left, right] : definition.merges) merges.push_back(fmt::format("{} {}", left, right));
  metadata.set(std::string(kTokens), {std::move(pieces)});
  metadata.set(std::string(kTypes), {std::move(types)});
  metadata.set(std::string(kMerges), {std::move(merges)});
}

}  // namespace

bool has_gguf_tokenizer(const Metadata& metadata) {
  const std::string model = metadata.string_or(kModel, "none");
  return model != "none" && model != "no_vocab";
}

BpeDefinition read_gguf_tokenizer(const Metadata& metadata) {
  if (const std::string model = metadata.string_or(kModel, ""); model != "gpt2")
    fail(ErrorCode::unsupported, "[gguf] the tokenizer model '{}' is not supported; known is gpt2 (byte-level BPE)", model.substr(0, 64));
  const std::string pre = metadata.string_or(kPre, "default");
  const text::PreTokenizer* rules = text::find_pre_tokenizer(pre);
  if (!rules)
    fail(ErrorCode::unsupported, "[gguf] the pre-tokenizer '{}' is not supported; known are {}", pre.substr(0, 64),
         text::known_pre_tokenizers());
  BpeDefinition definition;
  definition.tokens = read_tokens(metadata);
  definition.merges = read_merges(metadata);
  definition.pre_tokenizer = rules->name;
  definition.ignore_merges = metadata.bool_or(kIgnoreMerges, rules->ignore_merges);
  definition.add_prefix_space = metadata.bool_or(kPrefixSpace, false);
  definition.added = read_added(metadata, definition.tokens);
  const std::size_t count = definition.tokens.size();
  definition.bos = special_id(metadata, id_key("bos"), count);
  definition.eos = special_id(metadata, id_key("eos"), count);
  definition.unknown = special_id(metadata, id_key("unknown"), count);
  definition.padding = special_id(metadata, id_key("padding"), count);
  definition.byte_unknown = special_id(metadata, kByteUnknown, count);
  // Files without the flag: readers of GGUF add BOS for the Llama 3 family, which is the one that ignores merges.
  definition.prefix = read_side(metadata, kPrefix, metadata.bool_or(kAddBos, rules->ignore_merges), definition.bos, count);
  definition.suffix = read_side(metadata, kSuffix, metadata.bool_or(kAddEos, false), definition.eos, count);
  definition.chat_template = metadata.string_or(kChatTemplate, "");
  return definition;
}

void write_gguf_tokenizer(const BpeDefinition& definition, std::uint64_t vocab, Metadata& metadata) {
  metadata.set(std::string(kModel), {std::string("gpt2")});
  write_pre_tokenizer(definition, metadata);
  write_tokens(definition, vocab, metadata);
  const auto set_id = [&](std::string_view key, std::int64_t id) {
    if (id >= 0) metadata.set(std::string(key), {narrow<std::uint32_t>(id, "a special token's id")});
  };
  set_id(id_key("bos"), definition.bos);
  set_id(id_key("eos"), definition.eos);
  set_id(id_key("unknown"), definition.unknown);
  set_id(id_key("padding"), definition.padding);
  set_id(kByteUnknown, definition.byte_unknown);
  write_side(definition.prefix, definition.bos, kAddBos, kPrefix, metadata);
  write_side(definition.suffix, definition.eos, kAddEos, kSuffix, metadata);
  if (definition.add_prefix_space) metadata.set(std::string(kPrefixSpace), {true});
  write_added_flags(definition, metadata);
  if (!definition.chat_template.empty()) metadata.set(std::string(kChatTemplate), {definition.chat_template});
}

}  // namespace tightrope::model
