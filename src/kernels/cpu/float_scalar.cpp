// Products of packed float32 as loops over 16 numbers: the specification, and what machines without a faster version run.
#include <hwy/base.h>

#include <array>
#include <cmath>
#include <cstring>

#include "kernels/cpu/packed_tables.h"
#include "kernels/cpu/word_layout.h"

namespace tightrope::kernels {
namespace {

struct Ops : FloatWords {
  using Weights = const std::byte*;
  using Floats = std::array<float, kGroupRows>;
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
  static Floats zero_floats() { return {}; }
  static Floats add(Floats a, const Floats& b) {
    for (std::size_t i = 0; i < kGroupRows; ++i) a[i] += b[i];
    return a;
  }
  static Floats load_lanes(const float* from, std::size_t low, std::size_t high) {
    Floats values{};
    for (std::size_t i = low; i < high; ++i) values[i] = from[i];
    return values;
  }
  static void store_lanes(const Floats& values, float* to, std::size_t low, std::size_t high) {
    for (std::size_t i = low; i < high; ++i) to[i] = values[i];
  }
  static void prefetch(const std::byte*) {}
};

#include "kernels/cpu/word_tile.inl.h"

#include "kernels/cpu/float_words.inl.h"

}  // namespace

constinit const PackedTable kFloatScalar = kProducts;

}  // namespace tightrope::kernels
