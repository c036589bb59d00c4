// Character classes, exactly those of the reference implementation of tokenizers.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace tightrope::text {

// Bits of a class word. The data was read out of the reference implementation, because a library of another Unicode version disagrees
// about thousands of newer letters (and the reference itself uses several versions).
using Classes = std::uint16_t;
constexpr Classes kLetter = 1 << 0;       // \p{L}
constexpr Classes kNumber = 1 << 1;       // \p{N} in patterns
constexpr Classes kSpace = 1 << 2;        // \s, and a space for every component
constexpr Classes kWord = 1 << 3;         // \w as added tokens with single_word and Whitespace mean it
constexpr Classes kPunctuation = 1 << 4;  // as BertPreTokenizer and Punctuation mean it
constexpr Classes kUpper = 1 << 5;        // \p{Lu} and \p{Lt}
constexpr Classes kLower = 1 << 6;        // \p{Ll}
constexpr Classes kMark = 1 << 7;         // \p{M}
constexpr Classes kNumeric = 1 << 8;      // as Digits means it
constexpr Classes kControl = 1 << 9;      // what BertNormalizer's clean_text removes
constexpr Classes kNonspacing = 1 << 10;  // accents as BertNormalizer means them
constexpr Classes kCombining = 1 << 11;   // accents as StripAccents means them
constexpr Classes kPatternP = 1 << 12;    // \p{P} in patterns
constexpr Classes kPatternS = 1 << 13;    // \p{S} in patterns

// Two-stage table over all code points: equal pages of 256 are stored once.
class CharacterClasses {
 public:
  static const CharacterClasses& instance();  // immutable, built at first use

  Classes of(char32_t code) const noexcept { return pages_[page_of_[code >> 8]][code & 0xff]; }

 private:
  using Page = std::array<Classes, 256>;
  CharacterClasses();
  std::vector<std::uint8_t> page_of_;
  std::vector<Page> pages_;
};

}  // namespace tightrope::text
