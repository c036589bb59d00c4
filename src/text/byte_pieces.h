// The tokens that stand for single bytes where characters are unknown: <0x00> to <0xFF>.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tightrope::text {

std::string piece_of_byte(char byte);
std::optional<char> byte_of_piece(std::string_view piece);  // digits in any case

}  // namespace tightrope::text
