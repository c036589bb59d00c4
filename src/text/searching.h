// Finding a part of a text in time linear in both, whatever they are.
#pragma once

#include <string>
#include <string_view>

namespace tightrope::text {

// As std::string_view::find, which takes time by the product of both lengths at worst.
std::size_t find_part(std::string_view text, std::string_view part, std::size_t from = 0);
std::size_t find_first_part(std::string_view text, std::string_view part);
std::size_t find_last_part(std::string_view text, std::string_view part);  // as rfind

// The bytes from the last to the first.
std::string mirrored(std::string_view text);

}  // namespace tightrope::text
