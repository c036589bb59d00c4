// Which packed formats an instruction set has, and by which kernels.
#include <algorithm>
#include <vector>

#include "kernels/cpu/packed_tables.h"

namespace tightrope::kernels {
namespace {

PackedTable integer_table(Isa isa) noexcept {
#if defined(__x86_64__)
  if (isa >= Isa::avx512 && __builtin_cpu_supports("avx512vnni")) return kIntegerAvx512Vnni;
  if (isa >= Isa::avx2) return kIntegerAvx2;
#else
  static_cast<void>(isa);
#endif
  return kIntegerScalar;
}

PackedTable half_table(Isa isa) noexcept {
#if defined(__x86_64__)
  if (isa >= Isa::avx512 && __builtin_cpu_supports("avx512bf16")) return kHalfAvx512Bf16;
  if (isa >= Isa::avx2) return kHalfAvx2;
#else
  static_cast<void>(isa);
#endif
  return kHalfScalar;
}

constexpr const PackedFormat* kPackings[] = {
    &packed::bf16,
    &packed::f16,
#define PACKED(name, ...) &packed::name,
#include "kernels/cpu/packed/list.inc"
#undef PACKED
};

void add(std::vector<PackedFormat>& rows, PackedTable products) {
  for (const PackedProduct& product : products) {
    PackedFormat row = **std::ranges::find(kPackings, product.format, &PackedFormat::format);
    row.preparation = product.preparation;
    row.matmul = product.matmul;
    rows.push_back(row);
  }
}

std::vector<PackedFormat> formats_of(Isa isa) {
  std::vector<PackedFormat> rows;
  add(rows, integer_table(isa));
  add(rows, half_table(isa));
  return rows;
}

}  // namespace

const PackedFormat* packed_format(Isa isa, const formats::Format& format) noexcept {
  static const std::vector<PackedFormat> kOfIsa[] = {formats_of(Isa::scalar), formats_of(Isa::sse4), formats_of(Isa::avx2),
                                                     formats_of(Isa::avx512)};
  const std::vector<PackedFormat>& rows = kOfIsa[static_cast<std::size_t>(isa)];
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const PackedFormat& row) { return row.format == &format; });
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace tightrope::kernels
