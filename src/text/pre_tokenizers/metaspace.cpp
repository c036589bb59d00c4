// Metaspace: spaces become a visible character, which starts a word; one more of it before the text on request.
#include "text/metaspace.h"

namespace tightrope::text {
namespace {

class Metaspace final : public PreTokenizer {
 public:
  explicit Metaspace(MetaspaceOptions options) : options_(std::move(options)) {}

  void apply(Pieces& pieces) const override {
    Rewriter out(pieces.text);
    std::vector<Span> words;
    words.reserve(pieces.words.size() + pieces.text.text.size() / 4);
    for (std::size_t i = 0; i < pieces.words.size(); ++i) {
      const bool first = i == 0 && pieces.words[i].begin == 0 && pieces.starts_text;
      rewrite(pieces, pieces.words[i], first, words, out);
    }
    pieces.text = out.take();
    pieces.words = std::move(words);
  }

  Json write() const override { return write_metaspace(options_); }

 private:
  bool prepends(std::string_view word, bool first) const {
    if (options_.prepend == MetaspaceOptions::Prepend::never) return false;
    if (options_.prepend == MetaspaceOptions::Prepend::first && !first) return false;
    return !word.starts_with(' ') && !word.starts_with(options_.replacement);
  }

  // The place of the next space or replacement at or after `at`.
  std::size_t next_mark(std::string_view text, std::size_t at, std::size_t end) const {
    for (; at < end; ++at) {
      if (text[at] == ' ') break;
      if (text[at] == options_.replacement[0] && text.substr(at, end - at).starts_with(options_.replacement)) break;
    }
    return at;
  }

  void rewrite(const Pieces& pieces, Span word, bool first, std::vector<Span>& words, Rewriter& out) const {
    const std::string_view text = pieces.text.text;
    auto begin = static_cast<std::uint32_t>(out.size());
    const auto finish_word = [&] {
      const auto end = static_cast<std::uint32_t>(out.size());
      if (end > begin) words.push_back({begin, end});
      begin = end;
    };
    if (prepends(text.substr(word.begin, word.end - word.begin), first)) out.insert(word.begin, options_.replacement);
    for (std::size_t at = word.begin; at < word.end;) {
      const std::size_t mark = next_mark(text, at, word.end);
      out.copy(at, mark);
      if (mark == word.end) break;
      if (options_.split) finish_word();
      at = mark + (text[mark] == ' ' ? 1 : options_.replacement.size());
      out.replace(mark, at, options_.replacement);
    }
    finish_word();
  }

  MetaspaceOptions options_;
};

PreTokenizerPointer read(const Json& description) { return std::make_shared<const Metaspace>(read_metaspace(description)); }

}  // namespace

extern const ComponentRow<PreTokenizer> metaspace_pre_tokenizer{"Metaspace", read};

}  // namespace tightrope::text
