// What Python knows of characters: white space, case, what repr() shows as it is.
#pragma once

#include <cstddef>
#include <string_view>

#include "text/jinja/marked_text.h"

namespace tightrope::text::jinja {

bool is_space(char32_t code);
bool is_printable(char32_t code);
bool is_lower(char32_t code);
bool is_upper(char32_t code);
bool is_title(char32_t code);

// str.upper() and so on. Marks go with the characters.
MarkedText upper(Budget& budget, const MarkedText& text);
MarkedText lower(Budget& budget, const MarkedText& text);
MarkedText title(Budget& budget, const MarkedText& text);
MarkedText capitalized(Budget& budget, const MarkedText& text);
MarkedText case_swapped(Budget& budget, const MarkedText& text);

// The end of the white space that starts at `at`; where the white space that ends at `end` starts, not before `begin`.
std::size_t skip_spaces(std::string_view text, std::size_t at);
std::size_t skip_spaces_back(std::string_view text, std::size_t begin, std::size_t end);

}  // namespace tightrope::text::jinja
