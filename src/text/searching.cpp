// Finding a part of a text in time linear in both, whatever they are.
#include "text/searching.h"

#include <algorithm>
#include <cstring>

namespace tightrope::text {

// The C library's memmem searches by the two-way algorithm.
std::size_t find_part(std::string_view text, std::string_view part, std::size_t from) {
  if (from > text.size()) return std::string_view::npos;
  if (part.empty()) return from;
  const std::string_view rest = text.substr(from);
  const void* found = memmem(rest.data(), rest.size(), part.data(), part.size());
  return found == nullptr ? std::string_view::npos : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

std::size_t find_first_part(std::string_view text, std::string_view part) { return find_part(text, part); }

std::size_t find_last_part(std::string_view text, std::string_view part) {
  const std::size_t found = find_part(mirrored(text), mirrored(part));
  return found == std::string_view::npos ? found : text.size() - part.size() - found;
}

std::string mirrored(std::string_view text) { return {text.rbegin(), text.rend()}; }

}  // namespace tightrope::text
