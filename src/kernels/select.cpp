// The table of tables: one per instruction set this build holds.
#include "kernels/cpu/targets.h"

#include <hwy/targets.h>

#include <algorithm>

#include "base/error.h"
#include "kernels/codec.h"
#include "kernels/cpu/attention_tables.h"
#include "kernels/cpu/features.h"
#include "kernels/cpu/reference.h"

namespace tightrope::kernels {

#if HWY_ARCH_X86
namespace N_SSE4 {
extern const KernelTable kTable;
}
namespace N_AVX2 {
extern const KernelTable kTable;
}
namespace N_AVX3 {
extern const KernelTable kTable;
}
#elif HWY_ARCH_ARM_A64
namespace N_NEON {
extern const KernelTable kTable;
}
#endif

namespace {

// Vector code compiled for one instruction set serves another, too.
KernelTable table_for(Isa isa, KernelTable table) {
  table.isa = isa;
  table.codec = codec(isa);
  return table;
}

// The first machines with AVX-512 multiply no halves.
[[maybe_unused]] KernelTable with_halves(KernelTable table) {
#if HWY_ARCH_X86
  if (has_avx512bf16()) table.attention[static_cast<std::size_t>(Cell::bf16)] = attend_halves_avx512;
#endif
  return table;
}

const std::vector<KernelTable>& tables() {
  static const std::vector<KernelTable> kTables = {
    kReferenceTable,
#if HWY_ARCH_X86
    table_for(Isa::sse4, N_SSE4::kTable),
    table_for(Isa::avx2, N_AVX2::kTable),
    table_for(Isa::avxvnni, N_AVX2::kTable),
    with_halves(table_for(Isa::avx512, N_AVX3::kTable)),
#elif HWY_ARCH_ARM_A64
    table_for(Isa::neon, N_NEON::kTable),
    table_for(Isa::dotprod, N_NEON::kTable),
#endif
  };
  return kTables;
}

}  // namespace

const KernelTable& kernel_table(Isa isa) {
  const std::vector<Isa> available = available_isas();
  const auto found = std::find_if(tables().begin(), tables().end(), [&](const KernelTable& table) { return table.isa == isa; });
  if (found == tables().end() || std::find(available.begin(), available.end(), isa) == available.end())
    fail(ErrorCode::unsupported, "[isa] {} is not available here; the best this machine supports is {}", isa_name(isa),
         isa_name(best_isa()));
  return *found;
}

}  // namespace tightrope::kernels
