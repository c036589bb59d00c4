// Walks over a safetensors header without building a value of it: a hostile header of 100 MB must not become gigabytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace tightrope::checkpoint {

// The JSON that such a header may hold: objects, arrays, strings and non-negative integers; everything else is refused where it stands.
// Forward only. What has been read leaves the resident memory. `what` names the file in errors (malformed).
class HeaderText {
 public:
  // `text` is the header alone. At most `text_limit` bytes of strings come out of it.
  HeaderText(Bytes text, std::string_view what, std::uint64_t text_limit) : text_(std::move(text)), what_(what), text_left_(text_limit) {}

  // The next character after white space; NUL at the end.
  char peek();
  void expect(char wanted);
  bool accept(char wanted);  // takes it when it is next
  // Between the members of an object or array: true when another follows, false when `closing` was taken.
  bool another(char closing);
  std::string string();  // RFC 8259, UTF-8, no half surrogate pair
  std::uint64_t number();
  void expect_end();  // padding only
  // `rule` says what is wrong here.
  [[noreturn]] void refuse(std::string_view rule) const;

 private:
  char at(std::uint64_t position) const { return static_cast<char>(text_.data()[position]); }
  bool is_over() const { return position_ == text_.size(); }
  void step();
  void append_plain(std::string& out);
  void append_escape(std::string& out);
  std::uint32_t unicode_escape();

  Bytes text_;
  std::string_view what_;
  std::uint64_t position_ = 0, released_ = 0, text_left_;
};

}  // namespace tightrope::checkpoint
