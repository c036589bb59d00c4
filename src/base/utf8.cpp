// UTF-8 by the table of well-formed byte sequences.
#include "base/utf8.h"

namespace tightrope {
namespace {

std::size_t length_from(unsigned lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

// The second byte's range keeps out overlong forms, surrogates and what lies beyond U+10FFFF.
bool continues(unsigned lead, unsigned byte, std::size_t index) {
  if (index > 1) return (byte & 0xC0u) == 0x80;
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return byte >= low && byte <= high;
}

}  // namespace

Utf8Front utf8_front(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
  const std::size_t length = length_from(byte(0));
  std::size_t size = 1;
  while (size < length && size < text.size() && continues(byte(0), byte(size), size)) ++size;
  return {size, length};
}

}  // namespace tightrope
