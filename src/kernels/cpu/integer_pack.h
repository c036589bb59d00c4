// Packing rows of blocks into groups of 16 rows; the same for every instruction set.
#pragma once

#include <cstddef>

#include "kernels/integer.h"

namespace tightrope::kernels {

// An IntegerFormat without its product; null when the format has no packed form.
const IntegerFormat* packing_of(const formats::Format& format) noexcept;

}  // namespace tightrope::kernels
