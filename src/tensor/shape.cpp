// Shape: checked construction and printing.
#include "tensor/shape.h"

#include <algorithm>

#include "base/checked.h"

namespace tightrope {

Shape::Shape(std::span<const std::uint64_t> extents) : rank_(extents.size()) {
  if (rank_ > kMaxRank) fail(ErrorCode::malformed, "[shape] {} dimensions; at most {} are supported", rank_, kMaxRank);
  std::copy(extents.begin(), extents.end(), extents_.begin());
  for (const std::uint64_t extent : extents) elements_ = checked_multiply(elements_, extent, "the number of elements");
}

std::string Shape::text() const { return fmt::format("[{}]", fmt::join(extents(), ", ")); }

}  // namespace tightrope
