// How parameterised tests print what they run over: names that stay the same from one run to the next, not bytes or addresses.
#pragma once

#include <ostream>

#include "formats/format.h"
#include "kernels/isa.h"
#include "model/arch.h"
#include "tightrope/options.h"

namespace tightrope {
inline void PrintTo(PerplexityConvention convention, std::ostream* out) {
  *out << (convention == PerplexityConvention::second_half ? "second_half" : "consecutive");
}
}  // namespace tightrope

namespace tightrope::formats {
inline void PrintTo(const Format* format, std::ostream* out) { *out << format->name; }
}  // namespace tightrope::formats

namespace tightrope::kernels {
inline void PrintTo(Isa isa, std::ostream* out) { *out << isa_name(isa); }
}  // namespace tightrope::kernels

namespace tightrope::model {
inline void PrintTo(const Arch* arch, std::ostream* out) { *out << arch->name; }
}  // namespace tightrope::model
