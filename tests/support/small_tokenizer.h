// A byte-level BPE tokenizer small enough to follow by hand: 256 bytes (ids 0 to 255), a few merges, three added tokens.
#pragma once

#include <string_view>
#include <utility>

#include "text/byte_alphabet.h"
#include "text/components.h"
#include "text/tokenizer.h"

namespace tightrope::test {

inline text::TokenId byte_token(char c) { return static_cast<unsigned char>(c); }

constexpr text::TokenId kAa = 256, kAaaa = 257, kTh = 258, kThe = 259, kSpaceThe = 260, kBegin = 261, kEnd = 262, kTool = 263;

// Ids 256 to 260 are merges in order of rank; then <s> and </s> (special) and [tool].
inline text::TokenizerDefinition small_tokenizer(std::string_view pre_tokenizer = "llama-bpe") {
  text::TokenizerDefinition definition;
  definition.model = text::BpeOptions{};
  definition.pre_tokenizers = text::byte_level_words(pre_tokenizer);
  definition.decoders = text::byte_level_decoders();
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char value = static_cast<char>(static_cast<unsigned char>(byte));
    definition.tokens.push_back({text::to_byte_alphabet({&value, 1}), text::TokenKind::normal});
  }
  for (const auto& [left, right] : {std::pair{"a", "a"}, {"aa", "aa"}, {"t", "h"}, {"th", "e"}, {" ", "the"}}) {
    definition.bpe()->merges.emplace_back(text::to_byte_alphabet(left), text::to_byte_alphabet(right));
    definition.tokens.push_back({definition.bpe()->merges.back().first + definition.bpe()->merges.back().second, text::TokenKind::normal});
  }
  for (const char* content : {"<s>", "</s>", "[tool]"}) {
    const bool special = content[0] == '<';
    definition.added.push_back({.id = static_cast<text::TokenId>(definition.tokens.size()), .content = content, .special = special});
    definition.tokens.push_back({content, special ? text::TokenKind::control : text::TokenKind::user_defined});
  }
  definition.around = text::surrounding_template({kBegin}, {});
  definition.bos = kBegin;
  definition.eos = kEnd;
  return definition;
}

}  // namespace tightrope::test
