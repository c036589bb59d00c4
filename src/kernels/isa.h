// The instruction sets kernels are built for, and which of them this machine can run.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace tightrope::kernels {

// Those of x86-64, then those of AArch64, the faster after the slower. `scalar` is the specification, always there. Every machine has a few
// of them, and not always the one between two others (an AVX-512 machine may lack AVX-VNNI).
enum class Isa : std::uint8_t { scalar, sse4, avx2, avxvnni, avx512, neon, dotprod };

std::string_view isa_name(Isa isa) noexcept;  // as the enumerator is spelt
// Errors: invalid_argument for any other name.
Isa parse_isa(std::string_view name);

// The fastest that processor and operating system support. Looks at the machine alone, never at the environment.
Isa best_isa();
// All that this machine can run, slowest first; what tests iterate over.
std::vector<Isa> available_isas();

// TIGHTROPE_ISA when it is set, else best_isa(). Errors: invalid_argument for an unknown name, unsupported when this machine lacks it.
Isa isa_from_environment();

}  // namespace tightrope::kernels
