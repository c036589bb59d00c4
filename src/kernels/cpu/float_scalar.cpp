// Products of packed float32 as loops over 16 numbers: the specification, and what machines without a faster version run.
#include <hwy/base.h>

#include <array>
#include <cmath>
#include <cstring>

#include "kernels/cpu/packed_tables.h"
#include "kernels/cpu/word_layout.h"

namespace tightrope::kernels {
namespace {

#include "kernels/cpu/lanes_scalar.inl.h"

struct Ops : FloatWords, Lanes {
  using Weights = const std::byte*;
  using Sums = Floats;
  static constexpr std::size_t kTokens = 2, kGroups = 1;

  static Weights load(const std::byte* from) { return from; }
  static float broadcast(const float* word) { return *word; }
  static Sums add_products(Sums sums, Weights weights, float word) {
    Floats of_rows;
    std::memcpy(of_rows.data(), weights, sizeof of_rows);
    for (std::size_t r = 0; r < kGroupRows; ++r) sums[r] = std::fma(of_rows[r], word, sums[r]);
    return sums;
  }
  static Sums zero() { return {}; }
  static Floats add(Floats a, const Floats& b) {
    for (std::size_t i = 0; i < kGroupRows; ++i) a[i] += b[i];
    return a;
  }
};

#include "kernels/cpu/word_tile.inl.h"

#include "kernels/cpu/float_words.inl.h"

}  // namespace

constinit const PackedTable kFloatScalar = kProducts;

}  // namespace tightrope::kernels
