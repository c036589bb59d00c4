// Products of bytes with one scale a row as loops over 16 numbers: the specification, and what machines without a faster version run.
#include <hwy/base.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>

#include "kernels/cpu/packed_tables.h"
#include "kernels/cpu/word_layout.h"

namespace tightrope::kernels {
namespace {

#include "kernels/cpu/lanes_scalar.inl.h"

struct Ops : ByteWords, Lanes {
  using Weights = const std::byte*;
  using Sums = std::array<std::int32_t, kGroupRows>;
  struct Range {
    float low, high;
    bool ordered;  // no NaN
  };
  static constexpr std::size_t kTokens = 2, kGroups = 1;

  static Weights load(const std::byte* from) { return from; }
  static const std::uint8_t* broadcast(const std::uint8_t* four) { return four; }
  static Sums add_products(Sums sums, Weights weights, const std::uint8_t* four) {
    for (std::size_t r = 0; r < kGroupRows; ++r)
      for (std::size_t i = 0; i < kWord; ++i) sums[r] += static_cast<std::int8_t>(weights[kWord * r + i]) * four[i];
    return sums;
  }
  static Sums zero() { return {}; }
  static Sums load_ints(const std::byte* from) {
    Sums values;
    std::memcpy(values.data(), from, sizeof values);
    return values;
  }
  // By words without a sign: two numbers beyond 32 bits may differ by one within.
  static Sums subtract_product(Sums sums, const Sums& of_codes, std::int32_t zero) {
    for (std::size_t r = 0; r < kGroupRows; ++r)
      sums[r] = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[r]) -
                                          static_cast<std::uint32_t>(of_codes[r]) * static_cast<std::uint32_t>(zero));
    return sums;
  }
  static Floats load_floats(const std::byte* from) {
    Floats values;
    std::memcpy(values.data(), from, sizeof values);
    return values;
  }
  static Floats to_floats(const Sums& sums) {
    Floats values;
    for (std::size_t i = 0; i < kGroupRows; ++i) values[i] = static_cast<float>(sums[i]);
    return values;
  }
  static Floats mul(Floats a, float b) {
    for (float& value : a) value *= b;
    return a;
  }
  static Floats fma(const Floats& a, const Floats& b, Floats c) {
    for (std::size_t i = 0; i < kGroupRows; ++i) c[i] = std::fma(a[i], b[i], c[i]);
    return c;
  }

  static Range range_of(const float* x, std::size_t length) {
    Range range{0, 0, true};
    for (std::size_t i = 0; i < length; ++i) {
      range.low = x[i] < range.low ? x[i] : range.low;
      range.high = x[i] > range.high ? x[i] : range.high;
      range.ordered = range.ordered && !std::isnan(x[i]);
    }
    return range;
  }
  // To even, as the machine rounds; what no number of 32 bits is near to is the lowest.
  static std::int32_t nearest(float x) { return std::fabs(x) < 0x1p31f ? static_cast<std::int32_t>(std::nearbyint(x)) : INT32_MIN; }
  static void round(const float* x, std::size_t length, float inverse, std::int32_t zero, std::uint8_t* codes) {
    for (std::size_t i = 0; i < length; ++i) {
      const std::int64_t sum = std::int64_t{nearest(x[i] * inverse)} + zero;
      codes[i] = static_cast<std::uint8_t>(sum < 0 ? 0 : sum > 255 ? 255 : sum);
    }
  }
};

#include "kernels/cpu/word_tile.inl.h"

#include "kernels/cpu/byte_words.inl.h"

}  // namespace

constinit const PackedTable kByteScalar = kProducts;

}  // namespace tightrope::kernels
