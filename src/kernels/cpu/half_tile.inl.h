// Products of pairs of bf16 in register tiles, written once over `Ops`, the vector operations of one instruction set; included inside its
// namespace. Ops has 16 lanes, one for each row of a group, in as many registers as that takes.
#pragma once

#include "kernels/cpu/tile_result.inl.h"

// A stretch of the rows of a tile's groups: `pairs` pairs of elements from pair `first` of `all`.
template <std::size_t kGroups>
struct TileWeights {
  const std::byte* groups[kGroups];  // their pair `first`
  std::size_t first, pairs, all;
};

// Fetches the pair that lies kAhead pairs further on, in the group that is this tile's next where this one ends there.
template <std::size_t kGroups>
HWY_INLINE void prefetch(const TileWeights<kGroups>& weights, std::size_t g, std::size_t pair) {
  constexpr std::size_t kAhead = 64;
  const bool next = pair + kAhead >= weights.all;
  Ops::prefetch(weights.groups[g] + (pair + kAhead + (next ? (kGroups - 1) * weights.all : 0)) * kPairBytes);
}

template <bool kStreams, std::size_t kGroups, std::size_t kTokens>
HWY_INLINE void multiply_pairs(const TileWeights<kGroups>& weights, const HalfRows& x, typename Ops::Floats (&sums)[kGroups][kTokens]) {
  const std::uint16_t* values = x.values + 2 * weights.first;
  for (std::size_t pair = 0; pair < weights.pairs; ++pair, values += 2) {
    typename Ops::Pairs of_rows[kGroups];
    HWY_UNROLL(2)
    for (std::size_t g = 0; g < kGroups; ++g) {
      if constexpr (kStreams) prefetch(weights, g, pair);
      of_rows[g] = Ops::load(weights.groups[g] + pair * kPairBytes);
    }
    HWY_UNROLL(12)
    for (std::size_t t = 0; t < kTokens; ++t) {
      const auto of_token = Ops::broadcast(values + t * x.stride);
      HWY_UNROLL(2)
      for (std::size_t g = 0; g < kGroups; ++g) Ops::add_products(sums[g][t], of_rows[g], of_token);
    }
  }
}

template <bool kStreams, std::size_t kGroups, std::size_t kTokens>
void multiply_tile(const TileWeights<kGroups>& weights, const HalfRows& x, const TileResult& to) {
  typename Ops::Floats sums[kGroups][kTokens];
  HWY_UNROLL(2)
  for (std::size_t g = 0; g < kGroups; ++g) {
    HWY_UNROLL(12)
    for (std::size_t t = 0; t < kTokens; ++t)
      sums[g][t] =
          weights.first == 0 ? Ops::zero_floats() : Ops::load_lanes(to.y + t * to.y_stride + g * kGroupRows, to.low[g], to.high[g]);
  }
  multiply_pairs<kStreams>(weights, x, sums);
  const bool ends = weights.first + weights.pairs == weights.all;
  HWY_UNROLL(2)
  for (std::size_t g = 0; g < kGroups; ++g) {
    const bool biased = ends && to.bias != nullptr;
    const auto bias = biased ? Ops::load_lanes(to.bias + g * kGroupRows, to.low[g], to.high[g]) : Ops::zero_floats();
    HWY_UNROLL(12)
    for (std::size_t t = 0; t < kTokens; ++t) {
      if (biased) sums[g][t] = Ops::add(sums[g][t], bias);
      Ops::store_lanes(sums[g][t], to.y + t * to.y_stride + g * kGroupRows, to.low[g], to.high[g]);
    }
  }
}

// At most kTokens tokens.
template <bool kStreams, std::size_t kGroups, std::size_t kTokens>
HWY_INLINE void multiply_last(const TileWeights<kGroups>& weights, const HalfRows& x, const TileResult& to, std::size_t tokens) {
  if constexpr (kTokens > 0) {
    if (tokens == kTokens) return multiply_tile<kStreams, kGroups, kTokens>(weights, x, to);
    multiply_last<kStreams, kGroups, kTokens - 1>(weights, x, to, tokens);
  }
}

template <bool kStreams, std::size_t kGroups>
HWY_INLINE void multiply_tokens(const TileWeights<kGroups>& weights, HalfRows x, TileResult to, std::size_t tokens) {
  for (; tokens > Ops::kTokens; tokens -= Ops::kTokens, x.values += Ops::kTokens * x.stride, to.y += Ops::kTokens * to.y_stride)
    multiply_tile<kStreams, kGroups, Ops::kTokens>(weights, x, to);
  multiply_last<kStreams, kGroups, Ops::kTokens>(weights, x, to, tokens);
}

// Tokens that one tile holds are multiplied with every weight once, straight from memory. More are multiplied stretch by stretch: that of
// two groups is half a megabyte, for the second-level cache to keep. Shorter ones, for the first-level cache, are a tenth slower.
template <std::size_t kGroups>
HWY_INLINE void multiply_groups(const PackedMatmulArguments& a, const std::byte* at, const TileResult& to) {
  constexpr std::size_t kStretchPairs = 4096;
  const HalfRows x = HalfRows::in(a.x);
  const std::size_t all = pairs_of(a.x.length);
  const bool streams = a.tokens <= Ops::kTokens;
  for (std::size_t first = 0, step = streams ? all : kStretchPairs; first < all; first += step) {
    TileWeights<kGroups> weights{{}, first, all - first < step ? all - first : step, all};
    for (std::size_t g = 0; g < kGroups; ++g) weights.groups[g] = at + (g * all + first) * kPairBytes;
    if (streams)
      multiply_last<true, kGroups, Ops::kTokens>(weights, x, to, a.tokens);
    else
      multiply_tokens<false, kGroups>(weights, x, to, a.tokens);
  }
}

void multiply(const PackedMatmulArguments& a) noexcept {
  const std::size_t end = a.first_row + a.rows, bytes = pairs_of(a.x.length) * kPairBytes;
  for (std::size_t group = a.first_row / kGroupRows; group * kGroupRows < end;) {
    const std::size_t row = group * kGroupRows, groups = Ops::kGroups == 2 && row + kGroupRows < end ? 2 : 1;
    const TileResult to = result_of(a, row);
    const std::byte* at = a.groups + group * bytes;
    group += groups;
    if (groups == 2)
      multiply_groups<Ops::kGroups>(a, at, to);
    else
      multiply_groups<1>(a, at, to);
  }
}

constexpr std::size_t kRounded = 32;  // elements that Ops::round takes; rows are padded to them

void round_row(const float* x, const PreparedRows& to) noexcept {
  std::uint16_t* values = HalfRows::in(to).values;
  std::size_t i = 0;
  for (; i + kRounded <= to.length; i += kRounded) Ops::round(x + i, values + i);
  if (i == to.length) return;
  float rest[kRounded] = {};
  std::memcpy(rest, x + i, (to.length - i) * sizeof(float));
  Ops::round(rest, values + i);
}

constexpr Preparation kPreparation = {
    [](std::size_t tokens, std::size_t length) noexcept { return tokens * HalfRows::stride_of(length) * sizeof(std::uint16_t); },
    round_row,
};

constexpr PackedProduct kProducts[] = {{&formats::bf16, &kPreparation, multiply}, {&formats::f16, &kPreparation, multiply}};
