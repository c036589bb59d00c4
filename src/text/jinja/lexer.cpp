// The lexer: text between tags, tags, and what is inside them.
#include "text/jinja/lexer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/error.h"
#include "text/jinja/characters.h"
#include "text/jinja/string_literal.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace tightrope::text::jinja {
namespace {

using Kind = Token::Kind;

// Longest first, so that "**" is not read as "*" twice.
constexpr std::array<std::string_view, 27> kSymbols = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]",
                                                       "(",  ")",  "{",  "}",  ">",  "<",  "=", ".", ":", "|", ",", ";", ""};

constexpr std::size_t kMostTokens = std::size_t{1} << 18;  // each takes a hundred bytes, whatever its length in the template

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "\r\n" and "\r" count as "\n", and one line end at the end of the template is not part of it.
std::string normalized(std::string_view source) {
  std::string text;
  text.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r' && i + 1 < source.size() && source[i + 1] == '\n') continue;
    text += source[i] == '\r' ? '\n' : source[i];
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(normalized(source)), text_(source_) {}

  std::vector<Token> run() {
    while (at_ < text_.size()) read_text();
    add(Kind::end);
    return std::move(tokens_);
  }

 private:
  template <class... Arguments>
  [[noreturn]] void refuse(fmt::format_string<Arguments...> text, Arguments&&... arguments) const {
    fail(ErrorCode::malformed, "[template] line {}: {}; the template is damaged", line_,
         fmt::format(text, std::forward<Arguments>(arguments)...));
  }

  bool follows(std::string_view word, std::size_t at) const { return text_.substr(std::min(at, text_.size()), word.size()) == word; }

  void add(Kind kind, std::string text = {}) {
    if (tokens_.size() == kMostTokens)
      fail(ErrorCode::out_of_memory, "[template] the template has more than {} tokens; no model's own is a tenth as long", kMostTokens);
    tokens_.push_back({.kind = kind, .line = line_, .text = std::move(text)});
  }

  void move_to(std::size_t position) {
    line_ += static_cast<std::uint32_t>(
        std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_), text_.begin() + static_cast<std::ptrdiff_t>(position), '\n'));
    if (position > at_) line_starting_ = text_[position - 1] == '\n';
    at_ = position;
  }

  // Text up to `tag`, with the white space before the tag stripped as its sign and kind ask.
  void add_data(std::size_t tag, char sign, bool variable) {
    std::string_view data = text_.substr(at_, tag - at_);
    if (sign == '-') {
      data = data.substr(0, skip_spaces_back(data, 0, data.size()));
    } else if (sign != '+' && !variable) {
      const std::size_t line_start = data.rfind('\n') + 1;  // 0 when there is none
      const bool only_spaces = skip_spaces(data, line_start) == data.size();
      if ((line_start > 0 || line_starting_) && only_spaces) data = data.substr(0, line_start);
    }
    if (!data.empty()) add(Kind::data, std::string(data));
  }

  char sign_at(std::size_t at) const {
    const char c = at < text_.size() ? text_[at] : '\0';
    return c == '-' || c == '+' ? c : '\0';
  }

  // The position after "-%}   ", "+%}" or "%}\n", when one of these is at `at`; 0 otherwise.
  std::size_t after_end(std::string_view end, std::size_t at) const {
    const char sign = sign_at(at);
    const std::size_t start = at + (sign == '\0' ? 0 : 1);
    if (!follows(end, start) || (end == "}}" && sign == '+')) return 0;
    const std::size_t after = start + end.size();
    if (sign == '-') return skip_spaces(text_, after);
    return sign == '\0' && end != "}}" && follows("\n", after) ? after + 1 : after;
  }

  // The position after the whole tag "{%- word -%}" at `at`; 0 when another tag is there.
  std::size_t after_word_tag(std::string_view word, std::size_t at) const {
    std::size_t position = at + 2;
    if (sign_at(position) != '\0') ++position;
    position = skip_spaces(text_, position);
    if (!follows(word, position)) return 0;
    return after_end("%}", skip_spaces(text_, position + word.size()));
  }

  // "{% raw %}" keeps the line end behind it unless it says "-%}".
  std::size_t after_raw_tag(std::size_t at) const {
    const std::size_t after = after_word_tag("raw", at);
    if (after == 0) return 0;
    const std::size_t end = text_.find("%}", at);
    if (text_[end - 1] == '+') return 0;
    return text_[end - 1] == '-' ? after : end + 2;
  }

  std::size_t next_tag() const {
    for (std::size_t at = text_.find('{', at_); at != std::string_view::npos; at = text_.find('{', at + 1)) {
      if (follows("{{", at) || follows("{%", at) || follows("{#", at)) return at;
    }
    return text_.size();
  }

  void read_text() {
    const std::size_t tag = next_tag();
    if (tag == text_.size()) {
      add(Kind::data, std::string(text_.substr(at_)));
      return move_to(tag);
    }
    const char kind = text_[tag + 1], sign = sign_at(tag + 2);
    add_data(tag, sign, kind == '{');
    if (const std::size_t after = kind == '%' ? after_raw_tag(tag) : 0; after != 0) {
      move_to(after);
      return read_raw();
    }
    move_to(tag + (sign == '\0' ? 2 : 3));
    if (kind == '#') return read_comment();
    add(kind == '%' ? Kind::block_begin : Kind::variable_begin);
    read_inside(kind == '%' ? "%}" : "}}", kind == '%' ? Kind::block_end : Kind::variable_end);
  }

  void read_raw() {
    for (std::size_t at = text_.find("{%", at_); at != std::string_view::npos; at = text_.find("{%", at + 1)) {
      const std::size_t after = after_word_tag("endraw", at);
      if (after == 0) continue;
      add_data(at, sign_at(at + 2), false);
      return move_to(after);
    }
    refuse("'raw' has no 'endraw'");
  }

  void read_comment() {
    std::size_t end = text_.find("#}", at_);
    if (end == std::string_view::npos) refuse("a comment has no end");
    if (end > at_ && sign_at(end - 1) != '\0') --end;
    move_to(after_end("#}", end));
  }

  void read_inside(std::string_view end, Kind end_kind) {
    for (std::string open;;) {
      move_to(skip_spaces(text_, at_));
      if (at_ == text_.size()) refuse("the template ends inside a tag");
      if (const std::size_t after = open.empty() ? after_end(end, at_) : 0; after != 0) {
        add(end_kind);
        return move_to(after);
      }
      if (!read_number() && !read_name() && !read_string()) read_symbol(open);
    }
  }

  // The end of digits with single underscores between them.
  std::size_t digits_end(std::size_t at) const {
    while (at < text_.size() && (is_digit(text_[at]) || (text_[at] == '_' && at + 1 < text_.size() && is_digit(text_[at + 1])))) ++at;
    return at;
  }

  bool digit_at(std::size_t at) const { return at < text_.size() && is_digit(text_[at]); }

  // Where a number with a fraction or an exponent ends; 0 when none starts here.
  std::size_t real_end() const {
    if (at_ > 0 && text_[at_ - 1] == '.') return 0;
    std::size_t end = digits_end(at_);
    bool real = false;
    if (follows(".", end) && digit_at(end + 1)) {
      end = digits_end(end + 1);
      real = true;
    }
    if (follows("e", end) || follows("E", end)) {
      const std::size_t exponent = end + 1 + (sign_at(end + 1) != '\0' ? 1 : 0);
      if (digit_at(exponent)) return digits_end(exponent);
    }
    return real ? end : 0;
  }

  bool read_number() {
    if (!digit_at(at_)) return false;
    if (const std::size_t end = real_end(); end != 0) {
      std::string digits(text_.substr(at_, end - at_));
      std::erase(digits, '_');
      add(Kind::real, digits);
      if (std::from_chars(digits.data(), digits.data() + digits.size(), tokens_.back().real).ec != std::errc())
        refuse("the number {} is out of range", digits);
      move_to(end);
      return true;
    }
    read_integer();
    return true;
  }

  void read_integer() {
    constexpr std::array<std::pair<char, int>, 6> kBases = {{{'b', 2}, {'B', 2}, {'o', 8}, {'O', 8}, {'x', 16}, {'X', 16}}};
    int base = 10;
    std::size_t at = at_;
    for (const auto& [letter, value] : kBases) {
      if (text_[at_] == '0' && at_ + 1 < text_.size() && text_[at_ + 1] == letter) base = value, at = at_ + 2;
    }
    Integer value = 0;
    bool any = false;
    for (; at < text_.size(); ++at) {
      int digit = 0;
      if (text_[at] == '_') continue;
      if (std::from_chars(&text_[at], &text_[at] + 1, digit, base).ec != std::errc()) break;
      if (base == 10 && any && value == 0 && digit != 0) refuse("a number has a leading zero");
      if (__builtin_mul_overflow(value, base, &value) || __builtin_add_overflow(value, digit, &value)) refuse("a number is too large");
      any = true;
    }
    if (!any) refuse("a number has no digits");
    add(Kind::integer, std::string(text_.substr(at_, at - at_)));
    tokens_.back().integer = value;
    move_to(at);
  }

  bool read_name() {
    std::size_t end = at_;
    while (end < text_.size()) {
      const CodePoint point = code_point_at(text_, end);
      if ((CharacterClasses::instance().of(point.value) & kWord) == 0 && point.value != '_') break;
      end += point.bytes;
    }
    if (end == at_) return false;
    add(Kind::name, std::string(text_.substr(at_, end - at_)));
    move_to(end);
    return true;
  }

  bool read_string() {
    const char quote = text_[at_];
    if (quote != '\'' && quote != '"') return false;
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) refuse("a string has no end");
    add(Kind::string, unescaped(text_.substr(at_ + 1, end - at_ - 1), line_));
    move_to(end + 1);
    return true;
  }

  void read_symbol(std::string& open) {
    const auto found = std::ranges::find_if(kSymbols, [&](std::string_view symbol) { return follows(symbol, at_); });
    if (found->empty()) refuse("the character '{}' means nothing here", text_.substr(at_, code_point_at(text_, at_).bytes));
    constexpr std::string_view kOpening = "{([", kClosing = "})]";
    if (const std::size_t kind = kOpening.find(*found); kind != std::string_view::npos) open += kClosing[kind];
    if (kClosing.find(*found) != std::string_view::npos) {
      if (open.empty() || open.back() != found->front()) refuse("'{}' closes nothing", *found);
      open.pop_back();
    }
    add(Kind::symbol, std::string(*found));
    move_to(at_ + found->size());
  }

  const std::string source_;
  const std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  bool line_starting_ = true;  // nothing but white space may precede a tag that is stripped to the start of its line
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source) { return Lexer(source).run(); }

}  // namespace tightrope::text::jinja
