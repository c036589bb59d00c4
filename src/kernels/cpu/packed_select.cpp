// Which packed formats an instruction set has, and by which kernels.
#include <algorithm>
#include <vector>

#include "kernels/cpu/features.h"
#include "kernels/cpu/packed_tables.h"

namespace tightrope::kernels {
namespace {

// Products for an instruction set and those after it, where the machine has what they need besides.
struct Choice {
  Isa isa;
  bool (*there)() noexcept;  // null: nothing besides
  const PackedTable* products;
};

// Slowest first.
constexpr Choice kIntegers[] = {
    {Isa::scalar, nullptr, &kIntegerScalar},
#if defined(__x86_64__)
    {Isa::avx2, nullptr, &kIntegerAvx2},
    {Isa::avxvnni, has_avxvnni, &kIntegerAvxVnni},
    {Isa::avx512, has_avx512vnni, &kIntegerAvx512Vnni},
#elif defined(__aarch64__)
    {Isa::neon, nullptr, &kIntegerNeon},
    {Isa::dotprod, nullptr, &kIntegerDotprod},
#endif
};
constexpr Choice kHalves[] = {
    {Isa::scalar, nullptr, &kHalfScalar},
#if defined(__x86_64__)
    {Isa::avx2, nullptr, &kHalfAvx2},
    {Isa::avx512, has_avx512bf16, &kHalfAvx512Bf16},
#elif defined(__aarch64__)
    {Isa::neon, nullptr, &kHalfNeon},
#endif
};

PackedTable products_of(Isa isa, std::span<const Choice> choices) {
  const Choice* best = nullptr;
  for (const Choice& choice : choices)
    if (choice.isa <= isa && (choice.there == nullptr || choice.there())) best = &choice;
  return *best->products;
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
  add(rows, products_of(isa, kIntegers));
  add(rows, products_of(isa, kHalves));
  return rows;
}

// By the number of the instruction set.
std::vector<std::vector<PackedFormat>> every_isa() {
  std::vector<std::vector<PackedFormat>> all(static_cast<std::size_t>(best_isa()) + 1);
  for (const Isa isa : available_isas()) all[static_cast<std::size_t>(isa)] = formats_of(isa);
  return all;
}

}  // namespace

const PackedFormat* packed_format(Isa isa, const formats::Format& format) noexcept {
  static const std::vector<std::vector<PackedFormat>> kOfIsa = every_isa();
  const std::vector<PackedFormat>& rows = kOfIsa[static_cast<std::size_t>(isa)];
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const PackedFormat& row) { return row.format == &format; });
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace tightrope::kernels
