// Cuts a template into tokens, with Jinja's rules for the white space around tags (trim_blocks and lstrip_blocks on).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/jinja/value.h"

namespace tightrope::text::jinja {

struct Token {
  enum class Kind : std::uint8_t { data, variable_begin, variable_end, block_begin, block_end, name, string, integer, real, symbol, end };
  Kind kind = Kind::end;
  std::uint32_t line = 0;
  std::string text;  // data and strings as they are meant, names and symbols as they are spelt
  Integer integer = 0;
  double real = 0;
};

// Always ends with a token of kind `end`. Errors: malformed, unsupported, with the line.
std::vector<Token> tokenize(std::string_view source);

}  // namespace tightrope::text::jinja
