// Replacing literal text.
#include "text/replacing.h"

namespace tightrope::text {

std::string replaced(std::string_view text, std::string_view old, std::string_view replacement) {
  std::string made;
  std::size_t done = 0;
  for (std::size_t at = text.find(old); at != std::string_view::npos; at = text.find(old, done)) {
    made.append(text.substr(done, at - done)).append(replacement);
    done = at + old.size();
  }
  return made.append(text.substr(done));
}

}  // namespace tightrope::text
