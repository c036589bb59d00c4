// How text falls into words before byte-pair merging: a table of the known patterns and one scanner for all of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tightrope::text {

// One known pattern. The patterns are alternations of the same six parts; the fields say in which form each part occurs. A scanner over
// these parts is exact, needs no look-behind or backtracking and so no limits, and uses the Unicode version of the reference.
struct PreTokenizer {
  std::string_view name;                          // as a GGUF file calls it
  std::span<const std::string_view> other_names;  // GGUF names of the same pattern with the same merging
  std::string_view pattern;                       // as tokenizer.json spells it
  bool is_byte_level_default;                     // tokenizer.json says ByteLevel with use_regex instead of spelling the pattern
  bool ignore_merges;                             // what a GGUF with this name implies: it has no key for it
  bool contractions_in_any_case;                  // (?i:'s|'t|…) instead of 's|'t|…
  bool letters_after_any_mark;                    // [^\r\n\p{L}\p{N}]?\p{L}+ instead of  ?\p{L}+
  unsigned digits;                                // \p{N}{1,digits}; 0:  ?\p{N}+
  bool newlines_apart;                            // marks take the newlines after them, and \s*[\r\n]+ is a word
};

std::span<const PreTokenizer> pre_tokenizers();
const PreTokenizer* find_pre_tokenizer(std::string_view name);                // by any of its names; null when unknown
const PreTokenizer* find_pre_tokenizer_by_pattern(std::string_view pattern);  // null when unknown
std::string known_pre_tokenizers();                                           // names for an error message

// Where the word that starts at `begin` ends. Requires valid UTF-8, begin < text.size() on a code point.
std::size_t word_end(const PreTokenizer& rules, std::string_view text, std::size_t begin) noexcept;

}  // namespace tightrope::text
