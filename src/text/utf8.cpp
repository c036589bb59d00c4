// UTF-8: making any bytes valid, and walking text known to be valid.
#include "text/utf8.h"

#include <cstdint>
#include <cstring>

namespace tightrope::text {
namespace {

// What may follow a lead byte: how many bytes in all, and the range of the second one (it excludes overlong forms and surrogates).
struct Sequence {
  std::size_t bytes;  // 0: not a lead byte
  unsigned char second_first, second_last;
};

constexpr Sequence sequence_of(unsigned char lead) {
  if (lead >= 0xc2 && lead <= 0xdf) return {2, 0x80, 0xbf};
  if (lead == 0xe0) return {3, 0xa0, 0xbf};
  if (lead == 0xed) return {3, 0x80, 0x9f};
  if (lead >= 0xe1 && lead <= 0xef) return {3, 0x80, 0xbf};
  if (lead == 0xf0) return {4, 0x90, 0xbf};
  if (lead >= 0xf1 && lead <= 0xf3) return {4, 0x80, 0xbf};
  if (lead == 0xf4) return {4, 0x80, 0x8f};
  return {0, 0, 0};
}

struct Part {
  std::size_t bytes;
  bool valid;
};

// The code point or the maximal invalid part at `at`.
Part part_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, true};
  const Sequence sequence = sequence_of(lead);
  if (sequence.bytes == 0) return {1, false};
  const std::size_t available = text.size() - at;
  if (available < 2 || byte(1) < sequence.second_first || byte(1) > sequence.second_last) return {1, false};
  for (std::size_t i = 2; i < sequence.bytes; ++i) {
    if (i >= available || (byte(i) & 0xc0) != 0x80) return {i, false};
  }
  return {sequence.bytes, true};
}

std::size_t skip_ascii(std::string_view text, std::size_t at) {
  for (std::uint64_t word = 0; at + sizeof word <= text.size(); at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & 0x8080808080808080u) != 0) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

}  // namespace

bool is_valid_utf8(std::string_view text) noexcept {
  for (std::size_t at = skip_ascii(text, 0); at < text.size(); at = skip_ascii(text, at)) {
    const Part part = part_at(text, at);
    if (!part.valid) return false;
    at += part.bytes;
  }
  return true;
}

std::string repaired_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (std::size_t at = 0; at < text.size();) {
    const Part part = part_at(text, at);
    if (part.valid)
      out.append(text.substr(at, part.bytes));
    else
      append_utf8(out, U'\ufffd');
    at += part.bytes;
  }
  return out;
}

std::vector<std::uint32_t> places_before_repair(std::string_view text) {
  std::vector<std::uint32_t> places;
  places.reserve(text.size() + 1);
  for (std::size_t at = 0; at < text.size();) {
    const Part part = part_at(text, at);
    for (std::size_t i = 0; i < (part.valid ? part.bytes : 3); ++i) places.push_back(static_cast<std::uint32_t>(part.valid ? at + i : at));
    at += part.bytes;
  }
  places.push_back(static_cast<std::uint32_t>(text.size()));
  return places;
}

void append_utf8(std::string& out, char32_t code) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

}  // namespace tightrope::text
