// Integer kernels as loops over 16 numbers: the specification, and what machines without a faster version run.
#include <hwy/base.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "kernels/cpu/integer_layout.h"
#include "kernels/cpu/packed_tables.h"
#include "tensor/half.h"

namespace tightrope::kernels {
namespace {

#include "kernels/cpu/lanes_scalar.inl.h"

struct Ops : Lanes {
  using Codes = std::array<std::uint8_t, 64>;
  using Ints = std::array<std::int32_t, kGroupRows>;
  static constexpr std::size_t kFewTokens = 1, kManyTokens = 1, kManyGroups = 1, kMostFewTokens = 1;

  template <class To, class Make>
  static To each(const Make& make) {
    To values;
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<typename To::value_type>(make(i));
    return values;
  }
  static std::uint8_t byte(const std::byte* from, std::size_t i) { return static_cast<std::uint8_t>(from[i]); }

  static Codes load(const std::byte* from) {
    Codes codes;
    std::memcpy(codes.data(), from, sizeof codes);
    return codes;
  }
  static void store(const Codes& codes, std::byte* to) { std::memcpy(to, codes.data(), sizeof codes); }
  template <int kShift, int kBits, int kTo>
  static Codes field(const Codes& codes) {
    return each<Codes>([&](std::size_t i) { return (codes[i] >> kShift & ((1 << kBits) - 1)) << kTo; });
  }
  static Codes join(const Codes& a, const Codes& b) {
    return each<Codes>([&](std::size_t i) { return a[i] | b[i]; });
  }

  static Codes raised_levels(const Codes& codes) {
    return each<Codes>([&](std::size_t i) { return kRaisedLevels[codes[i]]; });
  }

  static Ints zero() { return {}; }
  template <int kFactor>
  static Ints times(const std::int32_t* sum) {
    return each<Ints>([&](std::size_t) { return *sum * kFactor; });
  }
  static const std::int8_t* broadcast(const std::int8_t* four) { return four; }
  template <bool kBytes>
  static Ints dot(const Ints& sums, const Codes& weights, const std::int8_t* four) {
    return each<Ints>([&](std::size_t r) {
      std::int32_t sum = sums[r];
      for (std::size_t i = 0; i < 4; ++i) sum += weights[4 * r + i] * four[i];
      return sum;
    });
  }

  static Floats to_floats(const Ints& values) {
    return each<Floats>([&](std::size_t i) { return values[i]; });
  }
  static Floats mul(const Floats& a, const Floats& b) {
    return each<Floats>([&](std::size_t i) { return a[i] * b[i]; });
  }
  static Floats fma(const Floats& a, const Floats& b, const Floats& c) {
    return each<Floats>([&](std::size_t i) { return std::fma(a[i], b[i], c[i]); });
  }
  static Floats negate(const Floats& a) {
    return each<Floats>([&](std::size_t i) { return -a[i]; });
  }
  static Floats broadcast_float(const float* from) {
    return each<Floats>([&](std::size_t) { return *from; });
  }
  static Floats load_floats(const std::byte* from) {
    Floats values;
    std::memcpy(values.data(), from, sizeof values);
    return values;
  }
  static void store_floats(const Floats& values, std::byte* to) { std::memcpy(to, values.data(), sizeof values); }
  static Floats load_halves(const std::byte* from) {
    std::array<f16, kGroupRows> halves;
    std::memcpy(halves.data(), from, sizeof halves);
    return each<Floats>([&](std::size_t i) { return to_f32(halves[i]); });
  }
  static Floats load_signed(const std::byte* from) {
    return each<Floats>([&](std::size_t i) { return static_cast<std::int8_t>(byte(from, i)); });
  }
  static Floats load_unsigned(const std::byte* from) {
    return each<Floats>([&](std::size_t i) { return byte(from, i); });
  }
  static Floats load_low_nibbles(const std::byte* from) {
    return each<Floats>([&](std::size_t i) { return byte(from, i) & 15; });
  }
  static Floats load_high_nibbles(const std::byte* from) {
    return each<Floats>([&](std::size_t i) { return byte(from, i) >> 4; });
  }
};

std::int32_t put_half(const float* x, float inverse, std::int8_t* codes) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    const float level = std::nearbyint(x[i] * inverse);
    codes[i] = std::fabs(level) <= 127 ? static_cast<std::int8_t>(level) : std::int8_t{-128};  // what is no number
    sum += codes[i];
  }
  return sum;
}

float round_block(const float* x, std::int8_t* codes, std::int32_t (&sums)[2]) {
  float largest = 0;
  bool numbers = true;
  for (std::size_t i = 0; i < kActivationBlock; ++i) {
    largest = std::fmax(largest, std::fabs(x[i]));
    numbers = numbers && !std::isnan(x[i]);
  }
  const float inverse = largest > kNothing ? 127.0f / largest : 0.0f;
  for (std::size_t half = 0; half < 2; ++half) sums[half] = put_half(x + 16 * half, inverse, codes + 16 * half);
  return numbers ? largest / 127.0f : std::numeric_limits<float>::quiet_NaN();
}

#include "kernels/cpu/integer_tile.inl.h"

}  // namespace

constinit const PackedTable kIntegerScalar = kProducts;

}  // namespace tightrope::kernels
