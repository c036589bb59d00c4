// The packed form of 16-bit formats: for two neighbouring elements after the other, 16 rows of a pair of bf16.
#pragma once

#include <cstddef>

#include "kernels/half.h"

namespace tightrope::formats {
extern const Format f16, bf16;
}

namespace tightrope::kernels {

inline constexpr std::size_t kPairBytes = 4 * kGroupRows;  // of a group

constexpr std::size_t pairs_of(std::size_t length) { return (length + 1) / 2; }

}  // namespace tightrope::kernels
