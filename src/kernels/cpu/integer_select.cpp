// Which integer kernels an instruction set has.
#include <algorithm>
#include <vector>

#include "kernels/cpu/integer_pack.h"
#include "kernels/cpu/integer_tables.h"

namespace tightrope::kernels {
namespace {

const IntegerTable& table_of(Isa isa) noexcept {
#if defined(__x86_64__)
  if (isa >= Isa::avx512 && __builtin_cpu_supports("avx512vnni")) return kIntegerAvx512Vnni;
  if (isa >= Isa::avx2) return kIntegerAvx2;
#else
  static_cast<void>(isa);
#endif
  return kIntegerScalar;
}

std::vector<IntegerFormat> formats_of(const IntegerTable& table) {
  std::vector<IntegerFormat> rows;
  for (std::size_t i = 0; i < table.count; ++i) {
    rows.push_back(*packing_of(*table.products[i].format));
    rows.back().matmul = table.products[i].matmul;
  }
  return rows;
}

const std::vector<IntegerFormat>& formats_of(Isa isa) {
  static const std::vector<IntegerFormat> kOfIsa[] = {formats_of(table_of(Isa::scalar)), formats_of(table_of(Isa::sse4)),
                                                      formats_of(table_of(Isa::avx2)), formats_of(table_of(Isa::avx512))};
  return kOfIsa[static_cast<std::size_t>(isa)];
}

}  // namespace

const IntegerFormat* integer_format(Isa isa, const formats::Format& format) noexcept {
  const std::vector<IntegerFormat>& rows = formats_of(isa);
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const IntegerFormat& row) { return row.format == &format; });
  return found == rows.end() ? nullptr : &*found;
}

QuantiseRowFunction quantise_row(Isa isa) noexcept { return table_of(isa).quantise_row; }

}  // namespace tightrope::kernels
