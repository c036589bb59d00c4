// A stretch of bytes of a text.
#pragma once

#include <cstddef>

namespace tightrope::text {

struct Span {
  std::size_t begin = 0, end = 0;  // bytes; end is one past the last

  bool operator==(const Span&) const = default;
};

}  // namespace tightrope::text
