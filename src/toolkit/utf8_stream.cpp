// UTF-8 by the table of well-formed byte sequences (Unicode 15, table 3-7).
#include "toolkit/utf8_stream.h"

#include <cstddef>

namespace tightrope::toolkit {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

unsigned at(std::string_view bytes, std::size_t i) { return static_cast<unsigned char>(bytes[i]); }

// Bytes of the character that starts with `lead`; 0: none does.
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

// Bytes at the front that agree with one character, and whether they are all of it.
struct Prefix {
  std::size_t size;
  bool whole;
};
Prefix first_character(std::string_view bytes) {
  const std::size_t wanted = length_from(at(bytes, 0));
  if (wanted == 0) return {1, false};
  std::size_t size = 1;
  while (size < wanted && size < bytes.size() && continues(at(bytes, 0), at(bytes, size), size)) ++size;
  return {size, size == wanted};
}

}  // namespace

std::string Utf8Stream::push(std::string_view bytes) {
  pending_ += bytes;
  std::string ready;
  std::size_t done = 0;
  while (done < pending_.size()) {
    const std::string_view rest = std::string_view(pending_).substr(done);
    const Prefix prefix = first_character(rest);
    const bool may_grow = !prefix.whole && prefix.size == rest.size() && length_from(at(rest, 0)) > prefix.size;
    if (may_grow) break;
    ready += prefix.whole ? rest.substr(0, prefix.size) : kReplacement;
    done += prefix.size;
  }
  pending_.erase(0, done);
  return ready;
}

std::string Utf8Stream::finish() {
  const std::string last(pending_.empty() ? std::string_view() : kReplacement);
  pending_.clear();
  return last;
}

}  // namespace tightrope::toolkit
