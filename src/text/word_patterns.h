// How text falls into words before byte-pair merging: a table of the known patterns and one scanner for all of them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tightrope::text {

// One known pattern. The patterns are alternations of the same few parts; the fields say in which form each part occurs. A scanner over
// these parts is exact, needs no look-behind or backtracking and so no limits, and uses the Unicode version of the reference.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): a handful of rows; the fields stand in the order of the parts
struct WordPattern {
  std::string_view name;
  std::span<const std::string_view> spellings;  // as regular expressions, all with the same matches; the first is the one to write
  bool contractions_in_any_case;                // (?i:'s|'t|…) instead of 's|'t|…
  bool letters_after_any_mark;                  // [^\r\n\p{L}\p{N}]?\p{L}+ instead of  ?\p{L}+
  unsigned digits;                              // \p{N}{1,digits}; 0:  ?\p{N}+
  bool newlines_apart;                          // marks take the newlines after them, and \s*[\r\n]+ is a word
  bool words_by_case;                           // capitals, then small letters, then a contraction; marks take slashes too
};

std::span<const WordPattern> word_patterns();
const WordPattern* find_word_pattern_by_name(std::string_view name);  // null when unknown
const WordPattern& gpt2_words();                                      // what ByteLevel with use_regex means
const WordPattern* find_word_pattern(std::string_view spelling);      // null when unknown

// Where the word that starts at `begin` ends. Requires valid UTF-8, begin < text.size() on a code point.
std::size_t word_end(const WordPattern& rules, std::string_view text, std::size_t begin) noexcept;

}  // namespace tightrope::text
