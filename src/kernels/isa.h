// The instruction sets kernels are built for, and which of them this machine can run.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace tightrope::kernels {

// In rising order: each includes those before it. `scalar` is the specification, always there.
enum class Isa : std::uint8_t { scalar, sse4, avx2, avx512 };

std::string_view isa_name(Isa isa) noexcept;  // "scalar", "sse4", "avx2", "avx512"
// Errors: invalid_argument for any other name.
Isa parse_isa(std::string_view name);

// The highest that processor and operating system support. Looks at the machine alone, never at the environment.
Isa best_isa();
// All that this machine can run, lowest first; what tests iterate over.
std::vector<Isa> available_isas();

// TIGHTROPE_ISA when it is set, else best_isa(). Errors: invalid_argument for an unknown name, unsupported when this machine lacks it.
Isa isa_from_environment();

}  // namespace tightrope::kernels
