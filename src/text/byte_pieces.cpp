// The tokens that stand for single bytes where characters are unknown: <0x00> to <0xFF>.
#include "text/byte_pieces.h"

#include <charconv>

#include "base/error.h"

namespace tightrope::text {

std::string piece_of_byte(char byte) { return fmt::format("<0x{:02X}>", static_cast<unsigned char>(byte)); }

std::optional<char> byte_of_piece(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return std::nullopt;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(piece.data() + 3, piece.data() + 5, value, 16);
  if (error != std::errc{} || end != piece.data() + 5) return std::nullopt;
  return static_cast<char>(static_cast<unsigned char>(value));
}

}  // namespace tightrope::text
