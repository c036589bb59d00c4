// Whitespace: runs of word characters and runs of other characters, without the spaces between them.
#include "text/splitting.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "Whitespace";

// 0: a space; else the kind of run that a character belongs to.
unsigned kind_of(char32_t code) {
  const Classes classes = CharacterClasses::instance().of(code);
  if ((classes & kWord) != 0) return 1;
  return (classes & kSpace) != 0 ? 0 : 2;
}

void cut(std::string_view text, std::uint32_t offset, std::vector<Span>& made) {
  unsigned previous = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint code = code_point_at(text, at);
    const unsigned kind = kind_of(code.value);
    const Span here{offset + static_cast<std::uint32_t>(at), offset + static_cast<std::uint32_t>(at + code.bytes)};
    if (kind != 0 && kind == previous)
      made.back().end = here.end;
    else if (kind != 0)
      made.push_back(here);
    previous = kind;
    at += code.bytes;
  }
}

void apply(Pieces& pieces) { cut_words(pieces, cut); }

PreTokenizerPointer read(const Json&) { return std::make_shared<const Plain<PreTokenizer, apply>>(kName); }

}  // namespace

extern const ComponentRow<PreTokenizer> whitespace_pre_tokenizer{kName, read};

}  // namespace tightrope::text
