// Text that is being rewritten, and where each of its bytes comes from.
#include "text/aligned_text.h"

#include <algorithm>

#include "base/error.h"
#include "text/utf8.h"

namespace tightrope::text {

void check_rewritten(std::size_t bytes, std::size_t limit) {
  if (bytes > limit)
    fail(ErrorCode::invalid_argument, "[tokenizer] the tokenizer makes more than {} bytes of this text; use another tokenizer.json", limit);
}

// Every byte of a character stands for the whole character.
AlignedText AlignedText::from(std::string_view text, std::size_t offset, bool tracked) {
  AlignedText made{std::string(text), {}, tracked, longest_rewritten(text.size())};
  if (!tracked) return made;
  made.sources.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = code_point_at(text, at).bytes;
    const Span source{static_cast<std::uint32_t>(offset + at), static_cast<std::uint32_t>(offset + at + bytes)};
    made.sources.insert(made.sources.end(), bytes, source);
    at += bytes;
  }
  return made;
}

// What was inserted stands for nothing (an empty source): it does not widen a stretch that holds anything else.
Span AlignedText::source_of(std::size_t begin, std::size_t end) const {
  Span source;
  bool found = false;
  for (std::size_t i = begin; i < end; ++i) {
    if (sources[i].begin == sources[i].end) {
      if (!found) source = sources[i];
      continue;
    }
    if (!found) source = sources[i];
    found = true;
    source.begin = std::min(source.begin, sources[i].begin);
    source.end = std::max(source.end, sources[i].end);
  }
  return source;
}

Rewriter::Rewriter(const AlignedText& from) : from_(from) {
  made_.tracked = from.tracked;
  made_.limit = from.limit;
  made_.text.reserve(from.text.size() + from.text.size() / 8 + 8);
}

AlignedText Rewriter::take() { return std::move(made_); }

void Rewriter::put(std::string_view bytes, Span source) {
  check_rewritten(made_.text.size() + bytes.size(), made_.limit);
  made_.text += bytes;
  if (made_.tracked) made_.sources.insert(made_.sources.end(), bytes.size(), source);
}

void Rewriter::copy(std::size_t begin, std::size_t end) {
  check_rewritten(made_.text.size() + (end - begin), made_.limit);
  made_.text.append(from_.text, begin, end - begin);
  if (made_.tracked) {
    const auto first = from_.sources.begin();
    made_.sources.insert(made_.sources.end(), first + static_cast<std::ptrdiff_t>(begin), first + static_cast<std::ptrdiff_t>(end));
  }
}

void Rewriter::replace(std::size_t begin, std::size_t end, std::string_view replacement) {
  put(replacement, made_.tracked ? from_.source_of(begin, end) : Span{});
}

void Rewriter::replace(std::size_t begin, std::size_t end, char32_t replacement) {
  std::string bytes;
  append_utf8(bytes, replacement);
  replace(begin, end, bytes);
}

void Rewriter::insert(std::size_t at, std::string_view text) {
  Span source;
  if (made_.tracked && !from_.sources.empty()) {
    const std::uint32_t place = at < from_.sources.size() ? from_.sources[at].begin : from_.sources.back().end;
    source = {place, place};
  }
  put(text, source);
}

}  // namespace tightrope::text
