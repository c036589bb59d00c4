// Marks on text: kept as a short list of spans, because most texts have none or one.
#include "text/jinja/marked_text.h"

#include <algorithm>

#include "text/utf8.h"

namespace tightrope::text::jinja {
namespace {

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

// The first span that ends after `byte`.
auto first_after(const std::vector<ByteSpan>& spans, std::size_t byte) { return std::ranges::upper_bound(spans, byte, {}, &ByteSpan::end); }

}  // namespace

bool MarkedText::user_at(std::size_t byte) const {
  const auto found = first_after(user, byte);
  return found != user.end() && found->begin <= byte;
}

bool MarkedText::is_ascii() const {
  return std::ranges::all_of(bytes, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::size_t MarkedText::length() const { return static_cast<std::size_t>(std::ranges::count_if(bytes, starts_code_point)); }

std::size_t MarkedText::offset(std::size_t code_points) const {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (!starts_code_point(bytes[i])) continue;
    if (code_points-- == 0) return i;
  }
  return bytes.size();
}

void TextWriter::append(std::string_view bytes, bool user) {
  if (bytes.empty()) return;
  budget_.check_text(text_.bytes.size() + bytes.size());
  budget_.spend(bytes.size() / 64);
  const std::size_t begin = text_.bytes.size();
  text_.bytes += bytes;
  if (user) mark(begin, text_.bytes.size());
}

void TextWriter::append(const MarkedText& source, std::size_t begin, std::size_t end) {
  const std::size_t shift = text_.bytes.size();
  append(std::string_view(source.bytes).substr(begin, end - begin));
  for (auto span = first_after(source.user, begin); span != source.user.end() && span->begin < end; ++span)
    mark(std::max(span->begin, begin) - begin + shift, std::min(span->end, end) - begin + shift);
}

void TextWriter::append_code_point(char32_t code, bool user) {
  std::string bytes;
  append_utf8(bytes, code);
  append(bytes, user);
}

void TextWriter::append_repeated(std::string_view bytes, std::uint64_t times, bool user) {
  if (bytes.empty() || times == 0) return;
  budget_.check_text(times > budget_.limits().memory_bytes ? times : times * bytes.size());
  budget_.spend(times);
  for (std::uint64_t i = 0; i < times; ++i) append(bytes, user);
}

MarkedText TextWriter::take(bool safe) {
  text_.safe = safe;
  return std::exchange(text_, {});
}

void TextWriter::mark(std::size_t begin, std::size_t end) {
  if (!text_.user.empty() && text_.user.back().end == begin)
    text_.user.back().end = end;
  else
    text_.user.push_back({begin, end});
}

}  // namespace tightrope::text::jinja
