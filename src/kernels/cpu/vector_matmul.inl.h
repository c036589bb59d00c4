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

// Elements of a dot product that are summed in one go: 10 streams of them are 30 kB and stay in a core's first-level cache.
constexpr std::size_t kStretch = 768;

// A stretch of every product: elements [begin, begin + length) of `rows` rows and kTokens tokens.
struct Stretch {
  const MatmulArguments& all;
  std::size_t begin, length;

  // What the sums are added to: the bias before the first stretch, then the sums of those before.
  HWY_INLINE const float* base(std::size_t row, const float* y) const {
    return begin > 0 ? y : all.bias == nullptr ? nullptr : all.bias + row;
  }
};

// y[t, r] of kTokens tokens from `token` and the rows [row, end), as far as the stretch.
template <std::size_t kTokens>
HWY_INLINE void multiply_rows(const Stretch& stretch, std::size_t token, std::size_t row, std::size_t end) {
  const MatmulArguments& a = stretch.all;
  const float* x = a.x + token * a.x_stride + stretch.begin;
  const float* weights = a.weights + stretch.begin;
  for (; row + 4 <= end; row += 4) {
    Tile<4, kTokens> tile{weights + row * a.length, a.length, x, a.x_stride, {}};
    multiply(tile, stretch.length);
    HWY_UNROLL(8)
    for (std::size_t t = 0; t < kTokens; ++t) {
      float* y = a.y + (token + t) * a.y_stride + row;
      const float* base = stretch.base(row, y);
      const auto sums = sum_four(tile.sums[0][t], tile.sums[1][t], tile.sums[2][t], tile.sums[3][t]);
      hn::StoreU(base == nullptr ? sums : hn::Add(hn::LoadU(Four(), base), sums), Four(), y);
    }
  }
  for (; row < end; ++row) {
    Tile<1, kTokens> tile{weights + row * a.length, a.length, x, a.x_stride, {}};
    multiply(tile, stretch.length);
    for (std::size_t t = 0; t < kTokens; ++t) {
      float* y = a.y + (token + t) * a.y_stride + row;
      const float* base = stretch.base(row, y);
      *y = base == nullptr ? sum_one(tile.sums[0][t]) : *base + sum_one(tile.sums[0][t]);
    }
  }
}

// Every token and the rows [row, end), stretch by stretch: the order of a product's sum depends on its length alone.
HWY_INLINE void multiply_all(const MatmulArguments& a, std::size_t row, std::size_t end) {
  std::size_t begin = 0;
  do {
    const Stretch stretch{a, begin, a.length - begin < kStretch ? a.length - begin : kStretch};
    std::size_t token = 0;
    for (; token + kTileTokens <= a.tokens; token += kTileTokens) multiply_rows<kTileTokens>(stretch, token, row, end);
    for (; token + 2 <= a.tokens; token += 2) multiply_rows<2>(stretch, token, row, end);
    for (; token < a.tokens; ++token) multiply_rows<1>(stretch, token, row, end);
    begin += stretch.length;
  } while (begin < a.length);
}

// One token uses each weight once: then the weights are read in the order in which they lie.
void matmul(const MatmulArguments& arguments) noexcept {
  if (arguments.tokens > 1) return multiply_all(arguments, 0, arguments.rows);
  for (std::size_t row = 0; row < arguments.rows; row += 4) {
    multiply_all(arguments, row, row + 4 < arguments.rows ? row + 4 : arguments.rows);
  }
}

}  // namespace
}  // namespace tightrope::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
