// How text falls into words before byte-pair merging: a table of the known patterns and one scanner for all of them.
#include "text/word_patterns.h"

#include <algorithm>
#include <array>

#include "text/unicode.h"
#include "text/utf8.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kGpt2[] = {R"re('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)re",
                                      R"re('(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)re",
                                      R"re('(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s)re"};
constexpr std::string_view kCl100k[] = {
    R"re((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)re",
    R"re('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)re",
    R"re('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s)re"};
constexpr std::string_view kQwen2[] = {
    R"re((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)re"};
constexpr std::string_view kO200k[] = {
    R"re([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)re"
    R"re([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)re"
    R"re(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)re"};

constexpr WordPattern kPatterns[] = {
    {.name = "gpt-2",
     .spellings = kGpt2,
     .contractions_in_any_case = false,
     .letters_after_any_mark = false,
     .digits = 0,
     .newlines_apart = false,
     .words_by_case = false},
    {.name = "llama-bpe",
     .spellings = kCl100k,
     .contractions_in_any_case = true,
     .letters_after_any_mark = true,
     .digits = 3,
     .newlines_apart = true,
     .words_by_case = false},
    {.name = "qwen2",
     .spellings = kQwen2,
     .contractions_in_any_case = true,
     .letters_after_any_mark = true,
     .digits = 1,
     .newlines_apart = true,
     .words_by_case = false},
    {.name = "o200k",
     .spellings = kO200k,
     .contractions_in_any_case = true,
     .letters_after_any_mark = true,
     .digits = 3,
     .newlines_apart = true,
     .words_by_case = true},
};

constexpr bool is_newline(char c) { return c == '\r' || c == '\n'; }

// One attempt to match at one place. Each part returns the end of its match, or `begin` when it does not match.
class Scanner {
 public:
  Scanner(const WordPattern& rules, std::string_view text, std::size_t begin) noexcept : rules_(rules), text_(text), begin_(begin) {}

  std::size_t word_end() const noexcept {
    if (rules_.words_by_case) {
      if (const std::size_t end = word_by_case(); end != begin_) return end;
    } else if (const std::size_t end = contraction(begin_); end != begin_) {
      return end;
    }
    const Class first = class_at(begin_);
    if (first.is(kLetter)) return letters(begin_ + first.bytes);
    const bool blank = text_[begin_] == ' ';
    const Class second = begin_ + first.bytes < text_.size() ? class_at(begin_ + first.bytes) : Class{};
    if (second.is(kLetter) && takes_letters(first, blank)) return letters(begin_ + first.bytes + second.bytes);
    if (first.is(kNumber)) return number(begin_);
    if (second.is(kNumber) && blank && rules_.digits == 0) return number(begin_ + 1);
    if (first.is_mark()) return marks(begin_ + first.bytes);
    if (second.is_mark() && blank) return marks(begin_ + 1 + second.bytes);
    return spaces();
  }

 private:
  struct Class {
    Classes flags = kSpace;  // past the end: neither letter, number nor mark
    std::size_t bytes = 0;
    bool is(unsigned flag) const { return (flags & flag) != 0; }
    bool is_mark() const { return (flags & (kLetter | kNumber | kSpace)) == 0; }
  };

  Class class_at(std::size_t at) const noexcept {
    const CodePoint code = code_point_at(text_, at);
    return {classes_.of(code.value), code.bytes};
  }

  std::size_t run(std::size_t at, Classes flag) const noexcept {
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

  std::size_t letters(std::size_t at) const noexcept {
    while (at < text_.size()) {
      const auto byte = static_cast<unsigned char>(text_[at] | 0x20);
      if (byte >= 'a' && byte <= 'z') {
        ++at;
        continue;
      }
      if (static_cast<unsigned char>(text_[at]) < 0x80) break;
      const Class next = class_at(at);
      if (!next.is(kLetter)) break;
      at += next.bytes;
    }
    return at;
  }

  // The end of the contraction at `at`; `at` when there is none.
  std::size_t contraction(std::size_t at) const noexcept {
    if (at + 1 >= text_.size() || text_[at] != '\'') return at;
    const std::string_view rest = text_.substr(at + 1, 2);
    const auto letter = [&](std::size_t i) {
      if (i >= rest.size()) return '\0';
      return rules_.contractions_in_any_case && rest[i] >= 'A' && rest[i] <= 'Z' ? static_cast<char>(rest[i] | 0x20) : rest[i];
    };
    const char a = letter(0), b = letter(1);
    if (a == 's' || a == 't' || a == 'm' || a == 'd') return at + 2;
    if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l')) return at + 3;
    if (rules_.contractions_in_any_case && rest == "\xc5\xbf") return at + 3;  // U+017F, the long s, is an s in another case
    return at;
  }

  // One mark at most, then capitals and small letters (other letters and combining marks are both), then a contraction. The first
  // alternative wants a small letter at the end, and so gives back capitals until the last one that is also small; the second does not.
  std::size_t word_by_case() const noexcept {
    const Class first = class_at(begin_);
    const bool may_be_mark = !first.is(kLetter | kNumber) && !is_newline(text_[begin_]);
    const std::size_t after_mark = begin_ + first.bytes;
    if (const std::size_t end = may_be_mark ? ending_small(after_mark) : after_mark; may_be_mark && end > after_mark)
      return contraction(end);
    if (const std::size_t end = ending_small(begin_); end > begin_) return contraction(end);
    if (const std::size_t end = may_be_mark ? run_of(after_mark, is_capital) : after_mark; end > after_mark) return contraction(end);
    const std::size_t end = run_of(begin_, is_capital);
    return end > begin_ ? contraction(end) : begin_;
  }

  static bool is_capital(Class c) noexcept { return (c.is(kLetter) && !c.is(kLower)) || c.is(kMark); }
  static bool is_small(Class c) noexcept { return (c.is(kLetter) && !c.is(kUpper)) || c.is(kMark); }

  std::size_t ending_small(std::size_t start) const noexcept {
    std::size_t last_small_end = start, at = start;
    while (at < text_.size()) {
      const Class next = class_at(at);
      if (!is_capital(next)) break;
      at += next.bytes;
      if (is_small(next)) last_small_end = at;
    }
    const std::size_t end = run_of(at, is_small);
    return end > at ? end : last_small_end;
  }

  template <class Accepts>
  std::size_t run_of(std::size_t at, Accepts&& accepts) const noexcept {
    while (at < text_.size()) {
      const Class next = class_at(at);
      if (!accepts(next)) break;
      at += next.bytes;
    }
    return at;
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
      while (at < text_.size() && (is_newline(text_[at]) || (rules_.words_by_case && text_[at] == '/'))) ++at;
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

  const WordPattern& rules_;
  std::string_view text_;
  std::size_t begin_;
  const CharacterClasses& classes_ = CharacterClasses::instance();
};

}  // namespace

std::span<const WordPattern> word_patterns() { return kPatterns; }
const WordPattern& gpt2_words() { return kPatterns[0]; }

const WordPattern* find_word_pattern(std::string_view spelling) {
  const auto matches = [&](const WordPattern& row) { return std::ranges::find(row.spellings, spelling) != row.spellings.end(); };
  const auto found = std::ranges::find_if(kPatterns, matches);
  return found == std::end(kPatterns) ? nullptr : found;
}

const WordPattern* find_word_pattern_by_name(std::string_view name) {
  const auto found = std::ranges::find(kPatterns, name, &WordPattern::name);
  return found == std::end(kPatterns) ? nullptr : found;
}

std::size_t word_end(const WordPattern& rules, std::string_view text, std::size_t begin) noexcept {
  return Scanner(rules, text, begin).word_end();
}

}  // namespace tightrope::text
