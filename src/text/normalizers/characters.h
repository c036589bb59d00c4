// Normalizers that look at one character at a time.
#pragma once

#include "text/components.h"
#include "text/utf8.h"

namespace tightrope::text {

// What becomes of one character. Codes: the characters in its place.
struct Change {
  enum class Kind : std::uint8_t { keep, remove, replace };
  Kind kind = Kind::keep;
  std::u32string_view codes = {};
};

// Calls change(code point) for every character; unchanged stretches are copied whole.
template <class ChangeOf>
void change_characters(AlignedText& aligned, ChangeOf&& change_of) {
  const std::string_view text = aligned.text;
  std::size_t at = 0;
  for (; at < text.size(); at += code_point_at(text, at).bytes) {
    if (change_of(code_point_at(text, at).value).kind != Change::Kind::keep) break;
  }
  if (at == text.size()) return;
  Rewriter out(aligned);
  std::size_t kept = 0;
  while (at < text.size()) {
    const CodePoint code = code_point_at(text, at);
    const Change change = change_of(code.value);
    if (change.kind != Change::Kind::keep) {
      out.copy(kept, at);
      kept = at + code.bytes;
      for (const char32_t made : change.codes) out.replace(at, kept, made);
    }
    at += code.bytes;
  }
  out.copy(kept, text.size());
  aligned = out.take();
}

}  // namespace tightrope::text
