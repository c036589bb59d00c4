// Text and numbers as people and browsers should see them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tightrope::eval {

// `text` for HTML or SVG, inside an element or a quoted attribute: markup characters become entities; bytes that are not UTF-8 and control
// characters other than tab and newline become U+FFFD.
std::string escape(std::string_view text);
// The same cleaning without entities, and newlines too become U+FFFD: one line that cannot drive a terminal.
std::string printable(std::string_view text);
// Bytes of the longest common prefix that ends between characters of valid UTF-8.
std::size_t common_prefix(std::string_view a, std::string_view b);
// Code points, as if each were one column wide.
std::size_t columns(std::string_view text);

std::string human_bytes(double bytes);                   // "16.8 MB": three digits, powers of 1000
std::string significant(double value, int digits = 3);   // never an exponent: "0.000302", "67.5", "1240"
std::string nats(double value);                          // the same, but "< 0.000001" for what float logits cannot resolve
std::string percent(double fraction, int decimals = 1);  // "91.3 %", with a no-break space

}  // namespace tightrope::eval
