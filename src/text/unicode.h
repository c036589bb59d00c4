// Character classes, exactly those of the reference implementation of tokenizers.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace tightrope::text {

// Bits of a class byte. The data was read out of the reference implementation, because a regular expression library of another Unicode
// version disagrees about thousands of newer letters.
constexpr std::uint8_t kLetter = 1;  // \p{L}
constexpr std::uint8_t kNumber = 2;  // \p{N}
constexpr std::uint8_t kSpace = 4;   // \s
constexpr std::uint8_t kWord = 8;    // \w as added tokens with single_word mean it

// Two-stage table over all code points: equal pages of 256 are stored once.
class CharacterClasses {
 public:
  static const CharacterClasses& instance();  // immutable, built at first use

  std::uint8_t of(char32_t code) const noexcept { return pages_[page_of_[code >> 8]][code & 0xff]; }

 private:
  using Page = std::array<std::uint8_t, 256>;
  CharacterClasses();
  std::vector<std::uint8_t> page_of_;
  std::vector<Page> pages_;
};

}  // namespace tightrope::text
