// Which packed formats an instruction set has, and by which kernels.
#include <algorithm>
#include <vector>

#include "kernels/cpu/features.h"
#include "kernels/cpu/packed_tables.h"
#include "kernels/words.h"

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
constexpr Choice kFloats[] = {
    {Isa::scalar, nullptr, &kFloatScalar},
#if defined(__x86_64__)
    {Isa::avx2, nullptr, &kFloatAvx2},
    {Isa::avx512, nullptr, &kFloatAvx512},
#endif
};
constexpr Choice kBytes[] = {
    {Isa::scalar, nullptr, &kByteScalar},
#if defined(__x86_64__)
    {Isa::avx2, nullptr, &kByteAvx2},
    {Isa::avx512, has_avx512vnni, &kByteAvx512Vnni},
#endif
};

PackedTable products_of(Isa isa, std::span<const Choice> choices) {
  const Choice* best = nullptr;
  for (const Choice& choice : choices)
    if (choice.isa <= isa && (choice.there == nullptr || choice.there())) best = &choice;
  return *best->products;
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
  add(rows, packings, products_of(isa, kIntegers));
  add(rows, packings, products_of(isa, kHalves));
  // Where packed floats would run as plain loops, vector code multiplies them faster as they lie.
  const PackedTable floats = products_of(isa, kFloats);
  if (isa == Isa::scalar || floats.data() != kFloatScalar.data()) add(rows, kFloatPackings, floats);
  return rows;
}

std::vector<PackedFormat> bytes_of(Isa isa) {
  std::vector<PackedFormat> rows;
  add(rows, kBytePackings, products_of(isa, kBytes));
  return rows;
}

// By the number of the instruction set.
std::vector<std::vector<PackedFormat>> every_isa(std::vector<PackedFormat> (*rows_of)(Isa)) {
  std::vector<std::vector<PackedFormat>> all(static_cast<std::size_t>(best_isa()) + 1);
  for (const Isa isa : available_isas()) all[static_cast<std::size_t>(isa)] = rows_of(isa);
  return all;
}

}  // namespace

const PackedFormat* packed_format(Isa isa, const formats::Format& format) noexcept {
  static const std::vector<std::vector<PackedFormat>> kOfIsa = every_isa(formats_of);
  const std::vector<PackedFormat>& rows = kOfIsa[static_cast<std::size_t>(isa)];
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const PackedFormat& row) { return row.format == &format; });
  return found == rows.end() ? nullptr : &*found;
}

const PackedFormat* byte_rows(Isa isa) noexcept {
  static const std::vector<std::vector<PackedFormat>> kOfIsa = every_isa(bytes_of);
  return &kOfIsa[static_cast<std::size_t>(isa)].front();
}

}  // namespace tightrope::kernels
