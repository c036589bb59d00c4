// Escapes: one letter each, octal, and three lengths of hexadecimal.
#include "text/jinja/string_literal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/error.h"
#include "text/utf8.h"

namespace tightrope::text::jinja {
namespace {

constexpr std::array<std::pair<char, std::string_view>, 11> kLetters = {{{'\n', ""},
                                                                         {'\\', "\\"},
                                                                         {'\'', "'"},
                                                                         {'"', "\""},
                                                                         {'a', "\a"},
                                                                         {'b', "\b"},
                                                                         {'f', "\f"},
                                                                         {'n', "\n"},
                                                                         {'r', "\r"},
                                                                         {'t', "\t"},
                                                                         {'v', "\v"}}};
constexpr std::array<std::pair<char, std::size_t>, 3> kHexadecimal = {{{'x', 2}, {'u', 4}, {'U', 8}}};

bool is_octal(char c) { return c >= '0' && c <= '7'; }

void append_code(std::string& out, std::uint32_t code, std::uint32_t line) {
  if (code > 0x10ffff)
    fail(ErrorCode::malformed, "[template] line {}: a string names a character beyond Unicode; the template is damaged", line);
  if (code >= 0xd800 && code < 0xe000)
    fail(ErrorCode::unsupported, "[template] line {}: a string holds half a surrogate pair, which no text can; write the character itself",
         line);
  append_utf8(out, code);
}

// Python writes the character itself as an escape first, which leaves the backslash alone.
void append_escaped_wide(std::string& out, char32_t code) {
  const auto value = static_cast<std::uint32_t>(code);
  out += value < 0x100     ? fmt::format("\\x{:02x}", value)
         : value < 0x10000 ? fmt::format("\\u{:04x}", value)
                           : fmt::format("\\U{:08x}", value);
}

}  // namespace

std::string unescaped(std::string_view body, std::uint32_t line) {
  std::string out;
  for (std::size_t i = 0; i < body.size();) {
    if (body[i] != '\\') {
      out += body[i++];
      continue;
    }
    const char c = body[i + 1];  // the lexer has seen to it that there is one
    const auto letter = std::ranges::find(kLetters, c, &std::pair<char, std::string_view>::first);
    const auto width = std::ranges::find(kHexadecimal, c, &std::pair<char, std::size_t>::first);
    std::uint32_t code = 0;
    if (letter != kLetters.end()) {
      out += letter->second;
      i += 2;
    } else if (width != kHexadecimal.end()) {
      const std::string_view digits = body.substr(i + 2, width->second);
      const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
      if (digits.size() < width->second || read.ptr != digits.data() + digits.size())
        fail(ErrorCode::malformed, "[template] line {}: \\{} wants {} hexadecimal digits; the template is damaged", line, c, width->second);
      append_code(out, code, line);
      i += 2 + width->second;
    } else if (is_octal(c)) {
      std::size_t end = i + 1;
      while (end < body.size() && end < i + 4 && is_octal(body[end])) code = code * 8 + static_cast<std::uint32_t>(body[end++] - '0');
      append_code(out, code, line);
      i = end;
    } else if (c == 'N') {
      fail(ErrorCode::unsupported, "[template] line {}: characters by name (\\N) are not supported; write the character itself", line);
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      const CodePoint point = code_point_at(body, i + 1);
      append_escaped_wide(out, point.value);
      i += 1 + point.bytes;
    } else {
      out += '\\';
      ++i;
    }
  }
  return out;
}

}  // namespace tightrope::text::jinja
