// Whole characters as they become complete.
#include "toolkit/utf8_stream.h"

#include <cstddef>

#include "base/utf8.h"

namespace tightrope::toolkit {

std::string Utf8Stream::push(std::string_view bytes) {
  pending_ += bytes;
  std::string ready;
  std::size_t done = 0;
  while (done < pending_.size()) {
    const std::string_view rest = std::string_view(pending_).substr(done);
    const Utf8Front front = utf8_front(rest);
    const bool may_grow = front.size == rest.size() && front.size < front.length;
    if (may_grow) break;
    ready += front.whole() ? rest.substr(0, front.size) : kReplacementCharacter;
    done += front.size;
  }
  pending_.erase(0, done);
  return ready;
}

std::string Utf8Stream::finish() {
  std::string last(pending_.empty() ? std::string_view() : kReplacementCharacter);
  pending_.clear();
  return last;
}

}  // namespace tightrope::toolkit
