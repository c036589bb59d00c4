// Fast encoding and decoding of rows, bit-equal to the formats' own functions.
#pragma once

#include "formats/codec.h"
#include "kernels/isa.h"

namespace tightrope::kernels {

// The codec for an instruction set, which this machine must support; for Isa::scalar the formats' own functions. Formats without a fast
// version, and uses without one (importance for the formats of 32 weights), go to those functions too.
const formats::Codec& codec(Isa isa) noexcept;

}  // namespace tightrope::kernels
