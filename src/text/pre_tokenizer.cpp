// How text falls into words before byte-pair merging: a table of the known patterns and one scanner for all of them.
#include "text/pre_tokenizer.h"

#include <algorithm>
#include <array>

#include "text/unicode.h"
#include "text/utf8.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kGpt2Names[] = {"phi-2", "jina-es", "jina-de", "jina-v2-es", "jina-v2-de"};
constexpr std::string_view kLlamaNames[] = {"llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"};
constexpr std::string_view kQwen2Names[] = {"deepseek-r1-qwen"};

constexpr PreTokenizer kPreTokenizers[] = {
    {.name = "gpt-2",
     .other_names = kGpt2Names,
     .pattern = R"re('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)re",
     .is_byte_level_default = true,
     .ignore_merges = false,
     .contractions_in_any_case = false,
     .letters_after_any_mark = false,
     .digits = 0,
     .newlines_apart = false},
    {.name = "llama-bpe",
     .other_names = kLlamaNames,
     .pattern =
         R"re((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)re",
     .is_byte_level_default = false,
     .ignore_merges = true,
     .contractions_in_any_case = true,
     .letters_after_any_mark = true,
     .digits = 3,
     .newlines_apart = true},
    {.name = "qwen2",
     .other_names = kQwen2Names,
     .pattern = R"re((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)re",
     .is_byte_level_default = false,
     .ignore_merges = false,
     .contractions_in_any_case = true,
     .letters_after_any_mark = true,
     .digits = 1,
     .newlines_apart = true},
};

constexpr bool is_newline(char c) { return c == '\r' || c == '\n'; }

// One attempt to match at one place. Each part returns the end of its match, or `begin` when it does not match.
class Scanner {
 public:
  Scanner(const PreTokenizer& rules, std::string_view text, std::size_t begin) noexcept : rules_(rules), text_(text), begin_(begin) {}

  std::size_t word_end() const noexcept {
    if (const std::size_t end = contraction(); end != begin_) return end;
    const Class first = class_at(begin_);
    if (first.is(kLetter)) return run(begin_ + first.bytes, kLetter);
    const bool blank = text_[begin_] == ' ';
    const Class second = begin_ + first.bytes < text_.size() ? class_at(begin_ + first.bytes) : Class{};
    if (second.is(kLetter) && takes_letters(first, blank)) return run(begin_ + first.bytes + second.bytes, kLetter);
    if (first.is(kNumber)) return number(begin_);
    if (second.is(kNumber) && blank && rules_.digits == 0) return number(begin_ + 1);
    if (first.is_mark()) return marks(begin_ + first.bytes);
    if (second.is_mark() && blank) return marks(begin_ + 1 + second.bytes);
    return spaces();
  }

 private:
  struct Class {
    std::uint8_t flags = kSpace;  // past the end: neither letter, number nor mark
    std::size_t bytes = 0;
    bool is(std::uint8_t flag) const { return (flags & flag) != 0; }
    bool is_mark() const { return (flags & (kLetter | kNumber | kSpace)) == 0; }
  };

  Class class_at(std::size_t at) const noexcept {
    const CodePoint code = code_point_at(text_, at);
    return {classes_.of(code.value), code.bytes};
  }

  std::size_t run(std::size_t at, std::uint8_t flag) const noexcept {
    while (at < text_.size()) {
      const Class next = class_at(at);
      if (!next.is(flag)) break;
      at += next.bytes;
    }
    return at;
  }

  bool takes_letters(Class mark, bool blank) const noexcept {
    return rules_.letters_after_any_mark ? !mark.is(kNumber) && !is_newline(text_[begin_]) : blank;
  }

  std::size_t contraction() const noexcept {
    if (text_[begin_] != '\'' || begin_ + 1 >= text_.size()) return begin_;
    const std::string_view rest = text_.substr(begin_ + 1, 2);
    const auto letter = [&](std::size_t i) {
      if (i >= rest.size()) return '\0';
      return rules_.contractions_in_any_case && rest[i] >= 'A' && rest[i] <= 'Z' ? static_cast<char>(rest[i] | 0x20) : rest[i];
    };
    const char a = letter(0), b = letter(1);
    if (a == 's' || a == 't' || a == 'm' || a == 'd') return begin_ + 2;
    if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l')) return begin_ + 3;
    if (rules_.contractions_in_any_case && rest == "\xc5\xbf") return begin_ + 3;  // U+017F, the long s, is an s in another case
    return begin_;
  }

  std::size_t number(std::size_t at) const noexcept {
    if (rules_.digits == 0) return run(at, kNumber);
    for (unsigned i = 0; i < rules_.digits && at < text_.size(); ++i) {
      const Class next = class_at(at);
      if (!next.is(kNumber)) break;
      at += next.bytes;
    }
    return at;
  }

  std::size_t marks(std::size_t at) const noexcept {
    while (at < text_.size()) {
      const Class next = class_at(at);
      if (!next.is_mark()) break;
      at += next.bytes;
    }
    if (rules_.newlines_apart) {
      while (at < text_.size() && is_newline(text_[at])) ++at;
    }
    return at;
  }

  // \s*[\r\n]+ ends after the last newline of the spaces; \s+(?!\S) leaves the last space to the word after it.
  std::size_t spaces() const noexcept {
    const std::size_t end = run(begin_, kSpace);
    if (rules_.newlines_apart) {
      std::size_t last = end;
      while (last > begin_ && !is_newline(text_[last - 1])) --last;
      if (last > begin_) return last;
    }
    if (end == text_.size()) return end;
    const std::size_t all_but_one = previous_code_point(text_, end);
    return all_but_one > begin_ ? all_but_one : end;
  }

  const PreTokenizer& rules_;
  std::string_view text_;
  std::size_t begin_;
  const CharacterClasses& classes_ = CharacterClasses::instance();
};

}  // namespace

std::span<const PreTokenizer> pre_tokenizers() { return kPreTokenizers; }

const PreTokenizer* find_pre_tokenizer(std::string_view name) {
  const auto matches = [&](const PreTokenizer& row) {
    return row.name == name || std::ranges::find(row.other_names, name) != row.other_names.end();
  };
  const auto found = std::ranges::find_if(kPreTokenizers, matches);
  return found == std::end(kPreTokenizers) ? nullptr : found;
}

const PreTokenizer* find_pre_tokenizer_by_pattern(std::string_view pattern) {
  const auto found = std::ranges::find(kPreTokenizers, pattern, &PreTokenizer::pattern);
  return found == std::end(kPreTokenizers) ? nullptr : found;
}

std::string known_pre_tokenizers() {
  std::string names;
  for (const PreTokenizer& row : kPreTokenizers) names.append(names.empty() ? "" : ", ").append(row.name);
  return names;
}

std::size_t word_end(const PreTokenizer& rules, std::string_view text, std::size_t begin) noexcept {
  return Scanner(rules, text, begin).word_end();
}

}  // namespace tightrope::text
