// Matrix times tokens in register tiles: one accumulator vector for each row and token, so that no sum depends on its neighbours.

#if defined(TIGHTROPE_VECTOR_MATMUL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TIGHTROPE_VECTOR_MATMUL_INL_H_
#undef TIGHTROPE_VECTOR_MATMUL_INL_H_
#else
#define TIGHTROPE_VECTOR_MATMUL_INL_H_
#endif

#include "kernels/cpu/vector_load.inl.h"
#include "kernels/ops.h"

HWY_BEFORE_NAMESPACE();
namespace tightrope::kernels::HWY_NAMESPACE {
namespace {

// Tokens of a tile beside its 4 rows. AVX-512: 24 sums, 6 inputs and a weight fill 31 of 32 registers; AVX2: 12 + 3 + 1 of 16.
#if HWY_TARGET <= HWY_AVX3
constexpr std::size_t kTileTokens = 6;
#else
constexpr std::size_t kTileTokens = 3;
#endif

template <std::size_t kRows, std::size_t kTokens>
struct Tile {
  const float* weights;
  std::size_t weight_stride;
  const float* x;
  std::size_t x_stride;
  Vector sums[kRows][kTokens];
};

// Adds the products of elements [i, i + count) to the sums; count == kLanes is known to be so when kWhole.
template <bool kWhole, std::size_t kRows, std::size_t kTokens>
HWY_INLINE void accumulate(Tile<kRows, kTokens>& tile, std::size_t i, std::size_t count) {
  const Floats d;
  Vector x[kTokens];
  HWY_UNROLL(8)
  for (std::size_t t = 0; t < kTokens; ++t) {
    const float* from = tile.x + t * tile.x_stride + i;
    x[t] = kWhole ? hn::LoadU(d, from) : load_some(from, count);
  }
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < kRows; ++r) {
    const float* from = tile.weights + r * tile.weight_stride + i;
    const Vector weight = kWhole ? hn::LoadU(d, from) : load_some(from, count);
    HWY_UNROLL(8)
    for (std::size_t t = 0; t < kTokens; ++t) tile.sums[r][t] = hn::MulAdd(weight, x[t], tile.sums[r][t]);
  }
}

// Dot products of kRows rows with kTokens tokens, left in tile.sums lane by lane.
template <std::size_t kRows, std::size_t kTokens>
HWY_INLINE void multiply(Tile<kRows, kTokens>& tile, std::size_t length) {
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < kRows; ++r) {
    HWY_UNROLL(8)
    for (std::size_t t = 0; t < kTokens; ++t) tile.sums[r][t] = hn::Zero(Floats());
  }
  std::size_t i = 0;
  for (; i + kLanes <= length; i += kLanes) accumulate<true>(tile, i, kLanes);
  if (i < length) accumulate<false>(tile, i, length - i);
}

// y[t, r] for kTokens tokens and every row.
template <std::size_t kTokens>
HWY_INLINE void multiply_rows(const MatmulArguments& a, std::size_t token) {
  const float* x = a.x + token * a.x_stride;
  float* y = a.y + token * a.y_stride;
  std::size_t row = 0;
  for (; row + 4 <= a.rows; row += 4) {
    Tile<4, kTokens> tile{a.weights + row * a.length, a.length, x, a.x_stride, {}};
    multiply(tile, a.length);
    const auto bias = a.bias == nullptr ? hn::Zero(Four()) : hn::LoadU(Four(), a.bias + row);
    HWY_UNROLL(8)
    for (std::size_t t = 0; t < kTokens; ++t) {
      const auto sums = sum_four(tile.sums[0][t], tile.sums[1][t], tile.sums[2][t], tile.sums[3][t]);
      hn::StoreU(hn::Add(sums, bias), Four(), y + t * a.y_stride + row);
    }
  }
  for (; row < a.rows; ++row) {
    Tile<1, kTokens> tile{a.weights + row * a.length, a.length, x, a.x_stride, {}};
    multiply(tile, a.length);
    const float bias = a.bias == nullptr ? 0 : a.bias[row];
    for (std::size_t t = 0; t < kTokens; ++t) y[t * a.y_stride + row] = sum_one(tile.sums[0][t]) + bias;
  }
}

void matmul(const MatmulArguments& arguments) noexcept {
  std::size_t token = 0;
  for (; token + kTileTokens <= arguments.tokens; token += kTileTokens) multiply_rows<kTileTokens>(arguments, token);
  for (; token + 2 <= arguments.tokens; token += 2) multiply_rows<2>(arguments, token);
  for (; token < arguments.tokens; ++token) multiply_rows<1>(arguments, token);
}

}  // namespace
}  // namespace tightrope::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
