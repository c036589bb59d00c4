// ByteLevel: a space before the text on request, words as GPT-2 cuts them, bytes spelt in the byte-level alphabet.
#include "text/byte_alphabet.h"
#include "text/splitting.h"
#include "text/word_patterns.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "ByteLevel";

struct Options {
  bool add_prefix_space, trim_offsets, use_regex;
};

class ByteLevel final : public PreTokenizer {
 public:
  ByteLevel(const Options& options, bool spells) : options_(options), spells_(spells) {}

  void apply(Pieces& pieces) const override {
    if (options_.add_prefix_space) add_spaces(pieces);
    if (options_.use_regex) cut(pieces);
    if (spells_) spell(pieces);
  }

  Json write() const override {
    Json json = Json::object();
    json["type"] = kName;
    json["add_prefix_space"] = options_.add_prefix_space;
    json["trim_offsets"] = options_.trim_offsets;
    json["use_regex"] = options_.use_regex;
    return json;
  }

  std::shared_ptr<const PreTokenizer> without_spelling() const override { return std::make_shared<const ByteLevel>(options_, false); }

 private:
  static void add_spaces(Pieces& pieces) {
    const std::string_view text = pieces.text.text;
    bool needed = false;
    for (const Span word : pieces.words) needed = needed || text[word.begin] != ' ';
    if (!needed) return;
    Rewriter out(pieces.text);
    for (Span& word : pieces.words) {
      const std::size_t begin = out.size();
      if (text[word.begin] != ' ') out.insert(word.begin, " ");
      out.copy(word.begin, word.end);
      word = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(out.size())};
    }
    pieces.text = out.take();
  }

  static void cut(Pieces& pieces) {
    cut_words(pieces, [](std::string_view text, std::uint32_t offset, std::vector<Span>& made) {
      for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = word_end(gpt2_words(), text, begin);
        made.push_back({offset + static_cast<std::uint32_t>(begin), offset + static_cast<std::uint32_t>(end)});
        begin = end;
      }
    });
  }

  static void spell(Pieces& pieces) {
    Rewriter out(pieces.text);
    for (Span& word : pieces.words) {
      const std::size_t begin = out.size();
      spell_bytes(pieces.text.text, word.begin, word.end, out);
      word = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(out.size())};
    }
    pieces.text = out.take();
  }

  Options options_;
  bool spells_;
};

PreTokenizerPointer read(const Json& description) {
  const Options options{description.at("add_prefix_space", kName).as_bool("add_prefix_space"), flag_of(description, "trim_offsets", true),
                        flag_of(description, "use_regex", true)};
  return std::make_shared<const ByteLevel>(options, true);
}

}  // namespace

extern const ComponentRow<PreTokenizer> byte_level_pre_tokenizer{kName, read};

}  // namespace tightrope::text
