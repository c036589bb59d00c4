// BertPreTokenizer: what stands between spaces, every punctuation mark by itself.
#include "text/splitting.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "BertPreTokenizer";

void cut(std::string_view text, std::uint32_t offset, std::vector<Span>& made) {
  const CharacterClasses& classes = CharacterClasses::instance();
  const auto emit = [&](std::size_t begin, std::size_t end) {
    if (begin < end) made.push_back({offset + static_cast<std::uint32_t>(begin), offset + static_cast<std::uint32_t>(end)});
  };
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint code = code_point_at(text, at);
    const Classes found = classes.of(code.value);
    if ((found & (kSpace | kPunctuation)) != 0) {
      emit(begin, at);
      begin = at + code.bytes;
      if ((found & kSpace) == 0) emit(at, begin);
    }
    at += code.bytes;
  }
  emit(begin, text.size());
}

void apply(Pieces& pieces) { cut_words(pieces, cut); }

PreTokenizerPointer read(const Json&) { return std::make_shared<const Plain<PreTokenizer, apply>>(kName); }

}  // namespace

extern const ComponentRow<PreTokenizer> bert_pre_tokenizer{kName, read};

}  // namespace tightrope::text
