// Instruction set detection and its override by name.
#include "kernels/isa.h"

#include <hwy/targets.h>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>
#include <string>

#include "base/error.h"
#include "kernels/cpu/features.h"

namespace tightrope::kernels {
namespace {

struct Row {
  Isa isa;
  std::string_view name;
  std::int64_t target;       // Highway's detection bit; 0: needs none
  bool (*there)() noexcept;  // what is needed besides, or null
};
constexpr std::array kIsas = {
    Row{Isa::scalar, "scalar", 0, nullptr},        Row{Isa::sse4, "sse4", HWY_SSE4, nullptr},
    Row{Isa::avx2, "avx2", HWY_AVX2, nullptr},     Row{Isa::avxvnni, "avxvnni", HWY_AVX2, has_avxvnni},
    Row{Isa::avx512, "avx512", HWY_AVX3, nullptr}, Row{Isa::neon, "neon", 0, has_neon},
    Row{Isa::dotprod, "dotprod", 0, has_dotprod},
};

std::string names_of(std::span<const Isa> isas) {
  std::string names;
  for (const Isa isa : isas) names += (names.empty() ? "" : ", ") + std::string(isa_name(isa));
  return names;
}

}  // namespace

std::string_view isa_name(Isa isa) noexcept { return kIsas[static_cast<std::size_t>(isa)].name; }

Isa parse_isa(std::string_view name) {
  const auto found = std::find_if(kIsas.begin(), kIsas.end(), [&](const Row& row) { return row.name == name; });
  if (found == kIsas.end())
    fail(ErrorCode::invalid_argument, "[isa] there is no instruction set '{}'; this machine has {}", name, names_of(available_isas()));
  return found->isa;
}

std::vector<Isa> available_isas() {
  const std::int64_t supported = hwy::SupportedTargets();
  std::vector<Isa> isas;
  for (const Row& row : kIsas)
    if ((supported & row.target) == row.target && (row.there == nullptr || row.there())) isas.push_back(row.isa);
  return isas;
}

Isa best_isa() { return available_isas().back(); }

Isa isa_from_environment() {
  const char* wanted = std::getenv("TIGHTROPE_ISA");  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  if (wanted == nullptr || *wanted == '\0') return best_isa();
  const Isa isa = parse_isa(wanted);
  const std::vector<Isa> available = available_isas();
  if (std::find(available.begin(), available.end(), isa) == available.end())
    fail(ErrorCode::unsupported, "[isa] TIGHTROPE_ISA asks for {}, but this machine has only {}; unset it or name one of these", wanted,
         names_of(available));
  return isa;
}

}  // namespace tightrope::kernels
