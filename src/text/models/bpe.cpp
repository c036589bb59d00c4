// BPE: byte-pair merging of characters or bytes in order of priority.
#include <algorithm>
#include <array>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "text/byte_alphabet.h"
#include "text/byte_pieces.h"
#include "text/components.h"
#include "text/long_words.h"
#include "text/models/model.h"
#include "text/score_merges.h"
#include "text/utf8.h"
#include "text/vocabulary.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "BPE";

class Bpe final : public Model {
 public:
  Bpe(const TokenizerDefinition& definition, const BpeOptions& options, bool bytes)
      : unknown_(options.unknown),
        fuses_(options.fuse_unknown),
        falls_back_(options.byte_fallback),
        bytes_(bytes),
        whole_words_are_merged_(!options.ignore_merges),
        continuing_prefix_(options.continuing_prefix),
        end_suffix_(options.end_suffix),
        merges_(options.merges.size()),
        joints_(options.merges.size() / 4),
        made_of_(definition.tokens.size()) {
    add_tokens(definition);
    const bool known = std::ranges::all_of(single_bytes_, [](std::int64_t id) { return id >= 0; });
    const bool spelt = std::ranges::all_of(byte_tokens_, [](std::int64_t id) { return id >= 0; });
    keeps_everything_ = bytes_ ? unknown_ >= 0 || known : unknown_ >= 0 && (!falls_back_ || spelt);
    if (options.merges_by_score)
      add_score_merges(definition);
    else
      add_merges(options);
    find_whole_words(definition);
  }

  void encode(std::string_view word, TokenSink& sink) const override {
    if (word.size() <= longest_whole_word_) {
      if (const auto id = whole_words_.find(word)) return sink.put(*id, word.size());
    }
    if (word.size() >= Merge::kNone)
      fail(ErrorCode::invalid_argument, "[tokenizer] a word of {} bytes is beyond 4 GiB; encode the text in parts", word.size());
    if (word.size() <= kShortWord && has_no_affixes()) return encode_short(word, sink);
    Parts parts(*this, word, sink);
    each_symbol(word, [&](Symbol symbol) { parts.add(symbol); });
    parts.flush();
  }

 private:
  struct MadeOf {
    TokenId left = 0, right = 0;
    bool made = false;
  };

  bool has_no_affixes() const { return continuing_prefix_.empty() && end_suffix_.empty(); }

  void encode_short(std::string_view word, TokenSink& sink) const {  // no more symbols than bytes, as there are no affixes
    std::array<Symbol, kShortWord> symbols;
    std::size_t count = 0, end = 0;
    each_symbol(word, [&](Symbol symbol) { symbols[count++] = symbol; });
    count = merge_short(merges_, std::span(symbols).first(count));
    for (const Symbol symbol : std::span(symbols).first(count)) sink.put(symbol.id, std::min(end += symbol.bytes, word.size()));
  }

  // Where no merge can join two neighbouring symbols, the word falls into parts that merge independently.
  class Parts {
   public:
    Parts(const Bpe& bpe, std::string_view word, TokenSink& sink) : bpe_(bpe), word_(word), sink_(sink) {
      symbols_.reserve(std::min<std::size_t>(word.size(), kShortWord));
    }
    void add(Symbol symbol) {
      if (!symbols_.empty() && !bpe_.joints_.find(symbols_.back().id, symbol.id)) flush();
      symbols_.push_back(symbol);
      end_ += symbol.bytes;
    }
    void flush() {
      if (symbols_.empty()) return;
      if (symbols_.size() > 1 && !put_whole()) bpe_.merge(symbols_);
      for (const Symbol symbol : symbols_) {
        begin_ += symbol.bytes;
        sink_.put(symbol.id, std::min(begin_, word_.size()));
      }
      symbols_.clear();
    }

   private:
    bool put_whole() {
      const bool whole = end_ - begin_ <= bpe_.longest_whole_word_ && bpe_.whole_words_are_merged_ && bpe_.keeps_everything_;
      if (!whole || end_ - begin_ == word_.size()) return false;
      const auto id = bpe_.whole_words_.find(word_.substr(begin_, end_ - begin_));
      if (id) symbols_.assign(1, {*id, static_cast<std::uint32_t>(end_ - begin_)});
      return id.has_value();
    }
    const Bpe& bpe_;
    std::string_view word_;
    TokenSink& sink_;
    std::vector<Symbol> symbols_;
    std::size_t begin_ = 0, end_ = 0;  // of the part, in bytes of the word (as far as none was dropped)
  };

  void add_tokens(const TokenizerDefinition& definition) {
    const std::vector<bool> members = model_tokens(definition);
    ids_.reserve(members.size());
    for (std::size_t id = 0; id < members.size(); ++id) {
      const std::string& piece = definition.tokens[id].piece;
      if (members[id] && !ids_.insert(piece, static_cast<TokenId>(id)))
        fail(ErrorCode::malformed, "[tokenizer] tokens {} and {} are both '{}'; the file is damaged", *ids_.find(piece), id, piece);
    }
    for (unsigned i = 0; i < 256; ++i) {
      const char byte = static_cast<char>(static_cast<unsigned char>(i));
      const auto id = ids_.find(bytes_ ? to_byte_alphabet({&byte, 1}) : std::string(1, byte));
      if (bytes_ || i < 0x80) single_bytes_[i] = id ? std::int64_t{*id} : -1;
      const auto fallback = ids_.find(piece_of_byte(byte));
      byte_tokens_[i] = fallback ? std::int64_t{*fallback} : -1;
    }
  }

  TokenId id_of(std::string_view piece, std::size_t rank) const {
    const auto id = ids_.find(piece);
    if (!id)
      fail(ErrorCode::malformed, "[tokenizer] merge {} needs the token '{}', which is not in the vocabulary; the file is damaged", rank,
           piece.substr(0, 200));
    return *id;
  }

  void add_merges(const BpeOptions& options) {
    std::uint32_t rank = 0;
    for (const auto& [left, right] : options.merges) {
      const std::size_t prefix = options.continuing_prefix.size();
      const TokenId left_id = id_of(left, rank), right_id = id_of(right, rank);
      if (right.size() < prefix)
        fail(ErrorCode::malformed, "[tokenizer] merge {} joins '{}', which lacks the prefix '{}'; the file is damaged", rank,
             right.substr(0, 200), options.continuing_prefix);
      const TokenId result = id_of(left + right.substr(prefix), rank);
      if (!left.empty() && right.size() > prefix) add_merge(left_id, right_id, result, rank);  // the others can never apply
      ++rank;
    }
    add_joints();
  }

  void add_score_merges(const TokenizerDefinition& definition) {
    for (const ScoreMerge& merge : text::merges_by_score(definition)) add_merge(merge.left, merge.right, merge.result, merge.rank);
    add_joints();
  }

  void add_merge(TokenId left, TokenId right, TokenId result, std::uint32_t rank) {
    merges_.assign(left, right, {rank, result});
    made_of_[result] = {left, right, true};
    pairs_.emplace_back(left, right);
    const bool is_fallback = falls_back_ && std::ranges::find(byte_tokens_, std::int64_t{result}) != byte_tokens_.end();
    if (std::int64_t{result} == unknown_ || is_fallback) results_are_no_symbols_ = false;
  }

  // The first and the last symbol of every token that takes part in merges; results are made of shorter tokens, so the walk ends.
  void add_joints() {
    const auto end_of = [this](TokenId id, bool last) {
      while (made_of_[id].made) id = last ? made_of_[id].right : made_of_[id].left;
      return id;
    };
    for (const auto& [left, right] : pairs_) joints_.assign(end_of(left, true), end_of(right, false), true);
    pairs_ = {};
  }

  void find_whole_words(const TokenizerDefinition& definition) {
    if (!has_no_affixes()) return;
    const std::vector<bool> members = model_tokens(definition);
    whole_words_.reserve(members.size());
    std::vector<Symbol> symbols;
    for (std::size_t id = 0; id < members.size(); ++id) {
      if (!members[id]) continue;
      const std::string& piece = definition.tokens[id].piece;
      const auto word = bytes_ ? from_byte_alphabet(piece) : std::optional<std::string>(piece);
      if (!word || word->empty()) continue;
      if (whole_words_are_merged_) {
        symbols.clear();
        each_symbol(*word, [&](Symbol symbol) { symbols.push_back(symbol); });
        merge_any(merges_, symbols);
        if (symbols.size() != 1 || symbols[0].id != id) continue;
      }
      whole_words_.insert(*word, static_cast<TokenId>(id));
      longest_whole_word_ = std::max(longest_whole_word_, word->size());
    }
  }

  template <class Each>
  void each_symbol(std::string_view word, Each&& each) const {
    if (bytes_) {
      for (const char c : word) {
        const std::int64_t id = single_bytes_[static_cast<unsigned char>(c)];
        if (id >= 0)
          each(Symbol{static_cast<TokenId>(id), 1});
        else if (unknown_ >= 0)
          each(Symbol{static_cast<TokenId>(unknown_), 1});
      }
      return;
    }
    each_character(word, each);
  }

  // The reference holds an unknown character back until a known one comes, even past bytes that stand for others.
  template <class Each>
  void each_character(std::string_view word, Each&& each) const {
    Symbol held{};
    const auto release = [&] {
      if (held.bytes > 0) each(held);
      held = {};
    };
    for (std::size_t at = 0; at < word.size();) {
      const auto bytes = static_cast<std::uint32_t>(code_point_at(word, at).bytes);
      const std::string_view character = word.substr(at, bytes);
      const bool is_first = at == 0;
      at += bytes;
      if (const std::int64_t id = id_of_character(character, is_first, at == word.size()); id >= 0) {
        release();
        each(Symbol{static_cast<TokenId>(id), bytes});
        continue;
      }
      if (falls_back_ && spell(character, is_first, at == word.size(), each)) continue;
      if (unknown_ < 0) continue;
      if (!fuses_) release();
      held = {static_cast<TokenId>(unknown_), held.bytes + bytes};
    }
    release();
  }

  std::int64_t id_of_character(std::string_view character, bool first, bool last) const {
    const bool plain = (first || continuing_prefix_.empty()) && (!last || end_suffix_.empty());
    if (plain && character.size() == 1) return single_bytes_[static_cast<unsigned char>(character[0])];
    const auto id = plain ? ids_.find(character) : ids_.find(affixed(character, first, last));
    return id ? std::int64_t{*id} : -1;
  }

  std::string affixed(std::string_view character, bool first, bool last) const {
    return (first ? "" : continuing_prefix_) + std::string(character) + (last ? end_suffix_ : "");
  }

  template <class Each>
  bool spell(std::string_view character, bool first, bool last, Each&& each) const {
    const std::string text = affixed(character, first, last);
    const auto token_of = [this](char c) { return byte_tokens_[static_cast<unsigned char>(c)]; };
    if (!std::ranges::all_of(text, [&](char c) { return token_of(c) >= 0; })) return false;
    for (const char c : text) each(Symbol{static_cast<TokenId>(token_of(c)), 1});
    return true;
  }

  void merge(std::vector<Symbol>& symbols) const {
    if (symbols.size() <= kShortWord)
      symbols.resize(merge_short(merges_, symbols));
    else if (results_are_no_symbols_)
      long_words().merge(symbols);
    else
      merge_long(merges_, symbols);
  }

  // Made when the first long word comes: most texts have none.
  const LongWords& long_words() const {
    std::call_once(made_long_words_, [this] {
      std::vector<LongWords::Entry> entries;
      std::vector<Symbol> symbols;
      for (std::size_t id = 0; id < made_of_.size(); ++id) {
        if (!made_of_[id].made) continue;
        LongWords::Entry entry{static_cast<TokenId>(id), symbols_of(static_cast<TokenId>(id))};
        symbols.clear();
        for (const TokenId symbol : entry.symbols) symbols.push_back({symbol, 0});
        merge_any(merges_, symbols);
        if (symbols.size() == 1 && symbols[0].id == id) entries.push_back(std::move(entry));
      }
      long_words_.emplace(merges_, entries, made_of_.size());
    });
    return *long_words_;
  }

  std::vector<TokenId> symbols_of(TokenId id) const {
    std::vector<TokenId> symbols, open{id};
    while (!open.empty()) {
      const TokenId next = open.back();
      open.pop_back();
      if (!made_of_[next].made) {
        symbols.push_back(next);
        continue;
      }
      open.push_back(made_of_[next].right);
      open.push_back(made_of_[next].left);
    }
    return symbols;
  }

  std::int64_t unknown_;
  bool fuses_, falls_back_, bytes_;
  bool keeps_everything_ = false;  // no part of a word is dropped or changes places
  bool whole_words_are_merged_;    // false: any word that is a token is that token
  std::string continuing_prefix_, end_suffix_;
  StringTable ids_;                               // by spelling
  std::array<std::int64_t, 256> single_bytes_{};  // the symbol for a byte (or an ASCII character); -1: none
  std::array<std::int64_t, 256> byte_tokens_{};   // <0x00> …; -1: none
  MergeTable merges_;
  PairTable<bool> joints_;                          // symbols that some merge may join, when one stands before the other
  std::vector<MadeOf> made_of_;                     // per id
  std::vector<std::pair<TokenId, TokenId>> pairs_;  // while merges are read
  bool results_are_no_symbols_ = true;
  StringTable whole_words_;             // texts that are one token: with ignore_merges all, else those that merging makes one
  std::size_t longest_whole_word_ = 0;  // bytes
  mutable std::once_flag made_long_words_;
  mutable std::optional<LongWords> long_words_;
};

bool holds(const ModelOptions& options) { return std::holds_alternative<BpeOptions>(options); }

std::pair<std::string, std::string> merge_of(const Json& entry) {
  if (entry.is_array()) {
    const Json::Array& pair = entry.as_array("a merge of tokenizer.json");
    if (pair.size() != 2) fail(ErrorCode::malformed, "[tokenizer] a merge has {} parts instead of 2; the file is damaged", pair.size());
    return {pair[0].as_string("a merge of tokenizer.json"), pair[1].as_string("a merge of tokenizer.json")};
  }
  const std::string& text = entry.as_string("a merge of tokenizer.json");
  const std::size_t space = text.find(' ');
  if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos)
    fail(ErrorCode::malformed, "[tokenizer] the merge '{}' is not two tokens with a space between; the file is damaged", text);
  return {text.substr(0, space), text.substr(space + 1)};
}

std::string affix_of(const Json& description, std::string_view key) {
  const Json* affix = description.find(key);
  return is_absent(affix) ? "" : affix->as_string(key);
}

void read(const Json& description, std::size_t added, TokenizerDefinition& definition) {
  if (const Json* dropout = description.find("dropout"); !is_absent(dropout) && dropout->as_double("dropout") != 0)
    fail_component("option of BPE", "dropout", "none (it makes tokens random)");
  read_vocabulary(description.at("vocab", "model of tokenizer.json"), added, definition);
  BpeOptions options;
  const Json::Array& merges = description.at("merges", "model of tokenizer.json").as_array("merges of tokenizer.json");
  if (merges.size() > kMaximumTokens)
    fail(ErrorCode::malformed, "[tokenizer] {} merges are more than the limit of {}", merges.size(), kMaximumTokens);
  options.merges.reserve(merges.size());
  for (const Json& entry : merges) {
    if (entry.is_string() && entry.as_string("merge").starts_with("#version")) continue;
    options.merges.push_back(merge_of(entry));
  }
  options.unknown = named_token_of_model(description, "unk_token", definition);
  options.fuse_unknown = flag_of(description, "fuse_unk", false);
  options.byte_fallback = flag_of(description, "byte_fallback", false);
  options.ignore_merges = flag_of(description, "ignore_merges", false);
  options.continuing_prefix = affix_of(description, "continuing_subword_prefix");
  options.end_suffix = affix_of(description, "end_of_word_suffix");
  definition.model = std::move(options);
}

Json merges_of(const TokenizerDefinition& definition, const BpeOptions& options) {
  Json::Array merges;
  if (options.merges_by_score) {
    const auto piece = [&](TokenId id) { return definition.tokens[id].piece; };
    for (const ScoreMerge& merge : text::merges_by_score(definition)) merges.push_back(Json::Array{piece(merge.left), piece(merge.right)});
  }
  for (const auto& [left, right] : options.merges) merges.push_back(Json::Array{left, right});
  return merges;
}

Json write(const TokenizerDefinition& definition, const std::vector<bool>& members) {
  const auto& options = std::get<BpeOptions>(definition.model);
  const auto affix = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  return Json(Json::Object{{"type", kName},
                           {"dropout", nullptr},
                           {"unk_token", piece_or_null(definition, options.unknown)},
                           {"continuing_subword_prefix", affix(options.continuing_prefix)},
                           {"end_of_word_suffix", affix(options.end_suffix)},
                           {"fuse_unk", options.fuse_unknown},
                           {"byte_fallback", options.byte_fallback},
                           {"ignore_merges", options.ignore_merges},
                           {"vocab", write_vocabulary(definition, members)},
                           {"merges", merges_of(definition, options)}});
}

std::unique_ptr<const Model> compile(const TokenizerDefinition& definition, bool bytes) {
  return std::make_unique<const Bpe>(definition, std::get<BpeOptions>(definition.model), bytes);
}

}  // namespace

extern const ModelRow bpe_model{kName, holds, read, write, compile};

}  // namespace tightrope::text
