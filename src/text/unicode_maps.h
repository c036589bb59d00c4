// Decompositions, compositions, lower case and grapheme classes of single code points, exactly those of the reference implementation.
#pragma once

#include <cstdint>
#include <string_view>

namespace tightrope::text {

// What a code point becomes; empty when it stays as it is. Full decompositions, Hangul syllables excepted (arithmetic does those).
std::u32string_view canonical_decomposition(char32_t code) noexcept;
std::u32string_view compatible_decomposition(char32_t code) noexcept;  // the canonical one where there is no other
std::u32string_view lower_case(char32_t code) noexcept;

std::uint8_t combining_class(char32_t code) noexcept;
// The composition of two code points, Hangul included; 0: they do not compose.
char32_t composition(char32_t first, char32_t second) noexcept;

// Properties that let text be copied unseen.
constexpr std::uint8_t kDecomposes = 1;            // NFD changes it
constexpr std::uint8_t kDecomposesCompatibly = 2;  // NFKD changes it in another way
constexpr std::uint8_t kComposesOrOrders = 4;      // it may compose with what stands before it, or change places, or NFC changes it
constexpr std::uint8_t kHasLowerCase = 8;
std::uint8_t change_flags(char32_t code) noexcept;

enum class Grapheme : std::uint8_t {  // Unicode standard annex 29, table 2
  other,
  carriage_return,
  line_feed,
  control,
  extend,
  joiner,
  regional_indicator,
  prepend,
  spacing_mark,
  hangul_l,
  hangul_v,
  hangul_t,
  hangul_lv,
  hangul_lvt
};
struct GraphemeClass {
  Grapheme kind = Grapheme::other;
  bool pictographic = false, conjunct_consonant = false, conjunct_linker = false, conjunct_extend = false;
};
GraphemeClass grapheme_class(char32_t code) noexcept;

}  // namespace tightrope::text
