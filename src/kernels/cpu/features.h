// What this processor and system can do beyond the instruction sets that Highway tells apart.
#pragma once

namespace tightrope::kernels {

bool has_avxvnni() noexcept;
bool has_avx512vnni() noexcept;
bool has_avx512bf16() noexcept;
bool has_neon() noexcept;
bool has_dotprod() noexcept;

}  // namespace tightrope::kernels
