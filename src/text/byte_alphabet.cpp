// The byte-level alphabet: one printable character for each of the 256 bytes, as GPT-2 introduced it.
#include "text/byte_alphabet.h"

#include <array>

#include "text/utf8.h"

namespace tightrope::text {
namespace {

constexpr char32_t kFirstBorrowed = 0x100;  // bytes that do not print take the code points from here on, in order

constexpr bool prints(unsigned byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
}

constexpr std::array<char32_t, 256> make_alphabet() {
  std::array<char32_t, 256> alphabet{};
  char32_t next = kFirstBorrowed;
  for (unsigned byte = 0; byte < 256; ++byte) alphabet[byte] = prints(byte) ? byte : next++;
  return alphabet;
}

constexpr std::array<char32_t, 256> kAlphabet = make_alphabet();
constexpr std::size_t kCodePoints = kFirstBorrowed + 68;  // 68 bytes do not print

// Byte by code point; -1 for code points outside the alphabet.
constexpr std::array<int, kCodePoints> make_inverse() {
  std::array<int, kCodePoints> inverse{};
  inverse.fill(-1);
  for (unsigned byte = 0; byte < 256; ++byte) inverse[kAlphabet[byte]] = static_cast<int>(byte);
  return inverse;
}

constexpr std::array<int, kCodePoints> kInverse = make_inverse();

}  // namespace

std::string to_byte_alphabet(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) append_utf8(out, kAlphabet[static_cast<unsigned char>(c)]);
  return out;
}

std::optional<std::string> from_byte_alphabet(std::string_view piece) {
  std::string out;
  out.reserve(piece.size());
  for (std::size_t at = 0; at < piece.size();) {
    const CodePoint code = code_point_at(piece, at);
    if (code.value >= kCodePoints || kInverse[code.value] < 0) return std::nullopt;
    out += static_cast<char>(static_cast<unsigned char>(kInverse[code.value]));
    at += code.bytes;
  }
  return out;
}

void spell_bytes(std::string_view text, std::size_t begin, std::size_t end, Rewriter& out) {
  for (std::size_t at = begin; at < end; ++at) {
    const unsigned byte = static_cast<unsigned char>(text[at]);
    if (kAlphabet[byte] == byte && byte < 0x80)
      out.copy(at, at + 1);
    else
      out.replace(at, at + 1, kAlphabet[byte]);
  }
}

void spell_bytes(AlignedText& text) {
  Rewriter out(text);
  spell_bytes(text.text, 0, text.text.size(), out);
  text = out.take();
}

}  // namespace tightrope::text
