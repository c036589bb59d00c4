// A strict scanner of the little JSON a safetensors header consists of.
#include "checkpoint/header_text.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "checkpoint/names.h"

namespace tightrope::checkpoint {
namespace {

constexpr std::uint64_t kReleaseStep = std::uint64_t{4} << 20;  // bytes, a power of two

bool is_white(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// -1 for what is no hexadecimal digit.
int hexadecimal(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  const auto tail = [&](unsigned shift) { put(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) return put(0xc0 | code >> 6), tail(0);
  if (code < 0x10000) return put(0xe0 | code >> 12), tail(6), tail(0);
  put(0xf0 | code >> 18), tail(12), tail(6), tail(0);
}

}  // namespace

void HeaderText::refuse(std::string_view rule) const {
  fail(ErrorCode::malformed, "[safetensors] '{}': the header is not acceptable JSON at byte {}: {}; the file is damaged", what_, position_,
       rule);
}

void HeaderText::step() {
  if (++position_ % kReleaseStep != 0) return;
  release_pages(text_.part(released_, position_ - released_));
  released_ = position_;
}

char HeaderText::peek() {
  while (!is_over() && is_white(at(position_))) step();
  return is_over() ? '\0' : at(position_);
}

bool HeaderText::accept(char wanted) {
  if (peek() != wanted || is_over()) return false;
  step();
  return true;
}

void HeaderText::expect(char wanted) {
  if (!accept(wanted)) refuse(fmt::format("there is no '{}' where one is due", wanted));
}

bool HeaderText::another(char closing) {
  if (accept(closing)) return false;
  if (!accept(',')) refuse(fmt::format("there is neither a comma nor '{}'", closing));
  return true;
}

std::string HeaderText::string() {
  if (!accept('"')) refuse("there is no string where one is due");
  std::string out;
  for (;;) {
    append_plain(out);
    if (is_over()) refuse("a string does not end");
    const char c = at(position_);
    step();
    if (c == '"') return out;
    append_escape(out);
  }
}

// Up to the next quote or backslash.
void HeaderText::append_plain(std::string& out) {
  const std::uint64_t begin = position_, limit = std::min<std::uint64_t>(text_.size() - begin, text_left_);
  while (position_ - begin < limit && at(position_) != '"' && at(position_) != '\\') {
    if (static_cast<unsigned char>(at(position_)) < 0x20) refuse("a string holds a control character");
    step();
  }
  const std::uint64_t count = position_ - begin;
  if (count == text_left_ && !is_over() && at(position_) != '"') refuse("its names and metadata take too much memory");
  text_left_ -= count;
  const std::string_view plain(reinterpret_cast<const char*>(text_.data()) + begin, count);
  if (!is_utf8(plain)) refuse("a string is not UTF-8");
  out.append(plain);
}

void HeaderText::append_escape(std::string& out) {
  constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  if (is_over()) refuse("a string does not end");
  if (text_left_ < 4) refuse("its names and metadata take too much memory");
  text_left_ -= 4;
  const char letter = at(position_);
  step();
  if (letter == 'u') {
    std::uint32_t code = unicode_escape();
    if (code >= 0xdc00 && code < 0xe000) refuse("a string holds half a surrogate pair");
    if (code >= 0xd800 && code < 0xdc00) {
      if (text_.size() - position_ < 2 || at(position_) != '\\' || at(position_ + 1) != 'u') refuse("a string holds half a surrogate pair");
      step(), step();
      const std::uint32_t low = unicode_escape();
      if (low < 0xdc00 || low >= 0xe000) refuse("a string holds half a surrogate pair");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    return append_utf8(out, code);
  }
  const std::size_t found = kLetters.find(letter);
  if (found == std::string_view::npos) refuse("a string holds an unknown escape");
  out += kMeanings[found];
}

std::uint32_t HeaderText::unicode_escape() {
  std::uint32_t code = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = is_over() ? -1 : hexadecimal(at(position_));
    if (digit < 0) refuse("a \\u in a string is not followed by four hexadecimal digits");
    code = code << 4 | static_cast<std::uint32_t>(digit);
    step();
  }
  return code;
}

std::uint64_t HeaderText::number() {
  if (!is_digit(peek())) refuse("there is no non-negative integer where one is due");
  const bool leading_zero = at(position_) == '0';
  std::uint64_t value = 0;
  for (std::uint64_t digits = 0; !is_over() && is_digit(at(position_)); ++digits) {
    if (leading_zero && digits > 0) refuse("a number begins with a superfluous zero");
    if (__builtin_mul_overflow(value, std::uint64_t{10}, &value) ||
        __builtin_add_overflow(value, static_cast<std::uint64_t>(at(position_) - '0'), &value))
      refuse("a number does not fit 64 bits");
    step();
  }
  if (!is_over() && (at(position_) == '.' || at(position_) == 'e' || at(position_) == 'E')) refuse("a number is not an integer");
  return value;
}

void HeaderText::expect_end() {
  while (!is_over() && at(position_) == ' ') step();
  if (!is_over()) refuse("something follows the object");
}

}  // namespace tightrope::checkpoint
