// Text that knows which of its bytes came from the user: marks travel through every operation of a template.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/byte_span.h"
#include "text/jinja/budget.h"

namespace tightrope::text::jinja {

// Always valid UTF-8.
struct MarkedText {
  std::string bytes;
  std::vector<ByteSpan> user;  // ascending, neither overlapping nor touching
  bool safe = false;           // jinja's Markup: what joins it is escaped for HTML

  bool user_at(std::size_t byte) const;
  bool is_ascii() const;
  std::size_t length() const;                         // code points
  std::size_t offset(std::size_t code_points) const;  // of the code point with this index, in bytes; the end for one beyond
};

// Builds a text within a budget. `user` says whether the user wrote the bytes.
class TextWriter {
 public:
  explicit TextWriter(Budget& budget) : budget_(budget) {}

  void append(std::string_view bytes, bool user = false);
  void append(const MarkedText& source) { append(source, 0, source.bytes.size()); }
  void append(const MarkedText& source, std::size_t begin, std::size_t end);
  void append_code_point(char32_t code, bool user);
  void append_repeated(std::string_view bytes, std::uint64_t times, bool user = false);

  std::size_t size() const { return text_.bytes.size(); }
  const MarkedText& text() const { return text_; }
  MarkedText take(bool safe = false);

 private:
  void mark(std::size_t begin, std::size_t end);

  Budget& budget_;
  MarkedText text_;
};

}  // namespace tightrope::text::jinja
