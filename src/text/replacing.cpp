// Replacing literal text.
#include "text/replacing.h"

#include "text/searching.h"

namespace tightrope::text {

std::string replaced(std::string_view text, std::string_view old, std::string_view replacement) {
  std::string made;
  std::size_t done = 0;
  for (std::size_t at = find_part(text, old); at != std::string_view::npos; at = find_part(text, old, done)) {
    made.append(text.substr(done, at - done)).append(replacement);
    done = at + old.size();
  }
  return made.append(text.substr(done));
}

}  // namespace tightrope::text
