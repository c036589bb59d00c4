// Products of 16-bit weights as loops over 16 numbers: the specification, and what machines without a faster version run.
#include <hwy/base.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "kernels/cpu/packed_tables.h"
#include "kernels/cpu/word_layout.h"
#include "tensor/half.h"

namespace tightrope::kernels {
namespace {

#include "kernels/cpu/lanes_scalar.inl.h"

struct Ops : HalfWords, Lanes {
  using Weights = const std::byte*;
  using Sums = Floats;
  static constexpr std::size_t kTokens = 2, kGroups = 1;

  static float even(std::uint32_t pair) { return std::bit_cast<float>(pair << 16); }
  static float odd(std::uint32_t pair) { return std::bit_cast<float>(pair & 0xffff0000u); }

  static Weights load(const std::byte* from) { return from; }
  static std::uint32_t pair_of_row(Weights pairs, std::size_t row) {
    std::uint32_t pair;
    std::memcpy(&pair, pairs + 4 * row, sizeof pair);
    return pair;
  }
  static std::uint32_t broadcast(const std::uint16_t* pair) {
    return static_cast<std::uint32_t>(pair[0]) | static_cast<std::uint32_t>(pair[1]) << 16;
  }
  // A product of two bf16 is exact in float32, so that adding it rounds as a fused operation does.
  static HWY_INLINE Sums add_products(Sums sums, Weights weights, std::uint32_t of_token) {
    for (std::size_t r = 0; r < kGroupRows; ++r) {
      const std::uint32_t of_row = pair_of_row(weights, r);
      sums[r] = sums[r] + odd(of_row) * odd(of_token) + even(of_row) * even(of_token);
    }
    return sums;
  }
  static Sums zero() { return {}; }
  static Floats add(Floats a, const Floats& b) {
    for (std::size_t i = 0; i < kGroupRows; ++i) a[i] += b[i];
    return a;
  }
  static void round(const float* x, std::uint16_t* to) {
    for (std::size_t i = 0; i < 32; ++i) to[i] = std::fabs(x[i]) < kHalfNothing ? std::uint16_t{0} : to_bf16(x[i]).bits;
  }
};

#include "kernels/cpu/word_tile.inl.h"

#include "kernels/cpu/half_words.inl.h"

}  // namespace

constinit const PackedTable kHalfScalar = kProducts;

}  // namespace tightrope::kernels
