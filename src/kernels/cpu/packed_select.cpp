// Which packed formats an instruction set has, and by which kernels.
#include <algorithm>
#include <vector>

#include "kernels/cpu/packed_tables.h"
#include "kernels/words.h"

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

std::vector<PackedFormat> block_and_half_packings() {
  return {
      packed::bf16,
      packed::f16,
#define PACKED(name, ...) packed::name,
#include "kernels/cpu/packed/list.inc"
#undef PACKED
  };
}

PackedTable float_table(Isa isa) noexcept {
#if defined(__x86_64__)
  if (isa >= Isa::avx512) return kFloatAvx512;
  if (isa >= Isa::avx2) return kFloatAvx2;
#else
  static_cast<void>(isa);
#endif
  return kFloatScalar;
}

PackedTable byte_table(Isa isa) noexcept {
#if defined(__x86_64__)
  if (isa >= Isa::avx512 && __builtin_cpu_supports("avx512vnni")) return kByteAvx512Vnni;
  if (isa >= Isa::avx2) return kByteAvx2;
#else
  static_cast<void>(isa);
#endif
  return kByteScalar;
}

void add(std::vector<PackedFormat>& rows, std::span<const PackedFormat> packings, PackedTable products) {
  for (PackedFormat row : packings) {
    const auto product = std::find_if(products.begin(), products.end(), [&](const PackedProduct& p) { return p.format == row.format; });
    if (product == products.end()) continue;
    row.preparation = product->preparation;
    row.matmul = product->matmul;
    rows.push_back(row);
  }
}

std::vector<PackedFormat> formats_of(Isa isa) {
  std::vector<PackedFormat> rows;
  const std::vector<PackedFormat> packings = block_and_half_packings();
  add(rows, packings, integer_table(isa));
  add(rows, packings, half_table(isa));
  if (isa != Isa::sse4) add(rows, kFloatPackings, float_table(isa));  // which has no fused multiply-add
  return rows;
}

std::vector<PackedFormat> bytes_of(Isa isa) {
  std::vector<PackedFormat> rows;
  add(rows, kBytePackings, byte_table(isa));
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

const PackedFormat* byte_rows(Isa isa) noexcept {
  static const std::vector<PackedFormat> kOfIsa[] = {bytes_of(Isa::scalar), bytes_of(Isa::sse4), bytes_of(Isa::avx2),
                                                     bytes_of(Isa::avx512)};
  return &kOfIsa[static_cast<std::size_t>(isa)].front();
}

}  // namespace tightrope::kernels
