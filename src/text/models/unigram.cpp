// Unigram: the most probable sequence of tokens that spells the word.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "text/byte_pieces.h"
#include "text/components.h"
#include "text/models/model.h"
#include "text/trie.h"
#include "text/utf8.h"
#include "text/vocabulary.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "Unigram";
constexpr double kUnknownPenalty = 10;  // below the least probable token

// A score as the reference reads it from its decimal digits: all of them as a whole number, then one division or multiplication. That may
// be a unit in the last place off, which decides between equally probable ways to spell a word.
double as_the_reference_reads(double score) {
  std::array<char, 40> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), std::fabs(score), std::chars_format::scientific).ptr;
  std::uint64_t digits = 0;
  int exponent = 0;
  const char* at = text.data();
  for (bool fraction = false; at != end && *at != 'e'; ++at) {
    if (*at == '.') {
      fraction = true;
      continue;
    }
    digits = digits * 10 + static_cast<std::uint64_t>(*at - '0');
    exponent -= fraction ? 1 : 0;
  }
  int written = 0;
  if (at != end) std::from_chars(at + (at[1] == '+' ? 2 : 1), end, written);
  exponent += written;
  if (exponent < -300 || exponent > 290) return score;  // nobody's log probability
  const double scale = std::pow(10.0, std::abs(exponent)), whole = static_cast<double>(digits);
  return std::copysign(exponent < 0 ? whole / scale : whole * scale, score);
}

// The best way to spell the word up to some byte.
struct Best {
  static constexpr std::uint32_t kNone = 0xffffffff;
  double score = 0;
  std::uint32_t start = kNone;  // of its last token
  TokenId id = 0;
};

class Unigram final : public Model {
 public:
  Unigram(const TokenizerDefinition& definition, const UnigramOptions& options) : options_(options), scores_(definition.tokens.size()) {
    const std::vector<bool> members = model_tokens(definition);
    std::vector<Trie::Entry> entries;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t id = 0; id < members.size(); ++id) {
      const Token& token = definition.tokens[id];
      scores_[id] = as_the_reference_reads(token.score);
      if (token.kind != TokenKind::unused) least = std::min(least, scores_[id]);
      if (!members[id]) continue;
      entries.push_back(Trie::entry(token.piece, static_cast<TokenId>(id)));
      if (const auto byte = byte_of_piece(token.piece); byte && piece_of_byte(*byte) == token.piece)
        byte_tokens_[static_cast<unsigned char>(*byte)] = static_cast<std::int64_t>(id);
    }
    pieces_ = Trie(std::move(entries));
    unknown_score_ = least - kUnknownPenalty;
  }

  void encode(std::string_view word, TokenSink& sink) const override {
    constexpr std::size_t kSmall = 64;
    if (word.size() < kSmall) {
      std::array<Best, kSmall> best{};
      encode_with(best.data(), word, sink);
    } else {
      std::vector<Best> best(word.size() + 1);
      encode_with(best.data(), word, sink);
    }
  }

 private:
  void encode_with(Best* best, std::string_view word, TokenSink& sink) const {  // best: [word.size() + 1]
    for (std::size_t at = 0; at < word.size(); at += code_point_at(word, at).bytes) extend(best, word, at);
    write(best, word, sink);
  }

  static void offer(Best& end, double score, std::size_t start, TokenId id) {
    if (end.start == Best::kNone || score > end.score) end = {score, static_cast<std::uint32_t>(start), id};
  }

  void extend(Best* best, std::string_view word, std::size_t at) const {
    const double so_far = best[at].score;
    const std::size_t character_end = at + code_point_at(word, at).bytes;
    bool character_known = false;
    Trie::Node node = Trie::kRoot;
    for (std::size_t i = at; i < word.size(); ++i) {
      node = pieces_.child(node, static_cast<unsigned char>(word[i]));
      if (node == Trie::kNone) break;
      const TokenId id = pieces_.value(node);
      if (id == Trie::kNoValue) continue;
      offer(best[i + 1], scores_[id] + so_far, at, id);
      character_known = character_known || i + 1 == character_end;
    }
    if (character_known) return;
    if (options_.unknown < 0)
      fail(ErrorCode::invalid_argument, "[tokenizer] '{}' is not in the vocabulary, and there is no token for unknown characters",
           word.substr(at, character_end - at));
    offer(best[character_end], unknown_score_ + so_far, at, static_cast<TokenId>(options_.unknown));
  }

  // From the end: each token starts where the one before it ends. The path is turned round in place, then read forwards.
  void write(Best* best, std::string_view word, TokenSink& sink) const {
    std::uint32_t end = static_cast<std::uint32_t>(word.size()), after = Best::kNone;
    TokenId id_after = 0;
    while (end != 0) {
      const Best here = best[end];
      best[end].start = after;  // from now on: where the next token ends, and which it is
      best[end].id = id_after;
      after = end;
      id_after = here.id;
      end = here.start;
    }
    std::uint32_t begin = 0;
    while (after != Best::kNone) {
      const TokenId id = id_after;
      std::uint32_t stop = after;
      advance(best, after, id_after);
      while (is_unknown(id) && after != Best::kNone && is_unknown(id_after)) {  // neighbouring unknown characters are one
        stop = after;
        advance(best, after, id_after);
      }
      put(is_unknown(id), id, word, begin, stop, sink);
      begin = stop;
    }
  }

  static void advance(const Best* best, std::uint32_t& end, TokenId& id) {
    const Best here = best[end];
    end = here.start;
    id = here.id;
  }

  bool is_unknown(TokenId id) const { return std::int64_t{id} == options_.unknown; }

  void put(bool unknown, TokenId id, std::string_view word, std::size_t begin, std::size_t end, TokenSink& sink) const {
    if (!unknown) return sink.put(id, end);
    const std::string_view text = word.substr(begin, end - begin);
    if (const TokenId known = id_of(text); known != Trie::kNoValue) return sink.put(known, end);
    const bool spelt =
        options_.byte_fallback && std::ranges::all_of(text, [this](char c) { return byte_tokens_[static_cast<unsigned char>(c)] >= 0; });
    if (!spelt) return sink.put(id, end);
    for (const char c : text) sink.put(static_cast<TokenId>(byte_tokens_[static_cast<unsigned char>(c)]), end);
  }

  TokenId id_of(std::string_view text) const {
    Trie::Node node = Trie::kRoot;
    for (const char c : text) {
      node = pieces_.child(node, static_cast<unsigned char>(c));
      if (node == Trie::kNone) return Trie::kNoValue;
    }
    return pieces_.value(node);
  }

  static constexpr std::array<std::int64_t, 256> no_bytes() {
    std::array<std::int64_t, 256> none{};
    none.fill(-1);
    return none;
  }

  UnigramOptions options_;
  std::vector<double> scores_;  // per id
  Trie pieces_;
  std::array<std::int64_t, 256> byte_tokens_ = no_bytes();
  double unknown_score_ = 0;
};

bool holds(const ModelOptions& options) { return std::holds_alternative<UnigramOptions>(options); }

void read(const Json& description, std::size_t added, TokenizerDefinition& definition) {
  const Json::Array& vocabulary = description.at("vocab", kName).as_array("vocab of tokenizer.json");
  if (vocabulary.empty()) fail(ErrorCode::malformed, "[tokenizer] the vocabulary of tokenizer.json is empty; the file is damaged");
  check_token_count(vocabulary.size() + added);
  definition.tokens.reserve(vocabulary.size() + added);
  for (const Json& entry : vocabulary) {
    const Json::Array& pair = entry.as_array("a token of Unigram");
    if (pair.size() != 2)
      fail(ErrorCode::malformed, "[tokenizer] a token of Unigram has {} parts instead of 2; the file is damaged", pair.size());
    definition.tokens.push_back({pair[0].as_string("a token of Unigram"), TokenKind::normal, pair[1].as_double("a score")});
  }
  UnigramOptions options{.unknown = -1, .byte_fallback = flag_of(description, "byte_fallback", false)};
  if (const Json* unknown = description.find("unk_id"); unknown != nullptr && !unknown->is_null()) {
    const std::uint64_t id = unknown->as_uint("unk_id");
    if (id >= vocabulary.size())
      fail(ErrorCode::malformed, "[tokenizer] unk_id {} is out of range for {} tokens; the file is damaged", id, vocabulary.size());
    options.unknown = static_cast<std::int64_t>(id);
  }
  definition.model = options;
}

Json write(const TokenizerDefinition& definition, const std::vector<bool>& members) {
  const auto& options = std::get<UnigramOptions>(definition.model);
  Json::Array vocabulary;
  for (std::size_t id = 0; id < members.size(); ++id) {
    if (!members[id] && std::find(members.begin() + static_cast<std::ptrdiff_t>(id), members.end(), true) == members.end()) break;
    vocabulary.push_back(Json::Array{definition.tokens[id].piece, definition.tokens[id].score});  // a list has no holes
  }
  Json json = Json::object();
  json["type"] = Json(kName);
  json["unk_id"] = options.unknown < 0 ? Json() : Json(options.unknown);
  json["vocab"] = Json(std::move(vocabulary));
  json["byte_fallback"] = Json(options.byte_fallback);
  return json;
}

std::unique_ptr<const Model> compile(const TokenizerDefinition& definition, bool) {
  return std::make_unique<const Unigram>(definition, std::get<UnigramOptions>(definition.model));
}

}  // namespace

extern const ModelRow unigram_model{kName, holds, read, write, compile};

}  // namespace tightrope::text
