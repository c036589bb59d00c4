// The byte-level alphabet: one printable character for each of the 256 bytes, as GPT-2 introduced it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "text/aligned_text.h"

namespace tightrope::text {

// Raw bytes, spelt in the alphabet.
std::string to_byte_alphabet(std::string_view bytes);

// The inverse; nothing when a character is not of the alphabet. Requires valid UTF-8.
std::optional<std::string> from_byte_alphabet(std::string_view piece);

// Every byte of the text, spelt in the alphabet.
void spell_bytes(AlignedText& text);
void spell_bytes(std::string_view text, std::size_t begin, std::size_t end, Rewriter& out);  // of a stretch

}  // namespace tightrope::text
