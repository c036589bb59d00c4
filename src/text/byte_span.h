// A stretch of bytes of a text.
#pragma once

#include <cstddef>

namespace tightrope::text {

struct ByteSpan {
  std::size_t begin = 0, end = 0;  // bytes; end is one past the last

  bool operator==(const ByteSpan&) const = default;
};

}  // namespace tightrope::text
