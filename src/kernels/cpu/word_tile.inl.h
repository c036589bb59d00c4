// Products in register tiles, a word of each row and token at a time, written once over `Ops`, the vector operations of one instruction set
// and kind of word; included inside its namespace. Ops has 16 lanes, one for each row of a group, in as many registers as that takes.
#pragma once

#include "kernels/cpu/tile_result.inl.h"

// A stretch of the rows of a tile's groups: `steps` words from word `first` of `all`.
template <std::size_t kGroups>
struct TileWeights {
  const std::byte* groups[kGroups];  // their word `first`
  std::size_t first, steps, all;

  bool ends() const { return first + steps == all; }
};

// Fetches the words that lie kAhead steps further on, in the group that is this tile's next where this one ends there.
template <std::size_t kGroups>
HWY_INLINE void prefetch(const TileWeights<kGroups>& weights, std::size_t g, std::size_t step) {
  constexpr std::size_t kAhead = 64;
  const std::size_t group = Ops::group_bytes(weights.all);
  const bool next = weights.first + step + kAhead >= weights.all;
  const std::size_t skip = next ? kGroups * group - weights.all * kStepBytes : 0;
  Ops::prefetch(weights.groups[g] + (step + kAhead) * kStepBytes + skip);
}

template <bool kStreams, std::size_t kGroups, std::size_t kTokens>
HWY_INLINE void multiply_steps(const TileWeights<kGroups>& weights, const typename Ops::Rows& x,
                               typename Ops::Sums (&sums)[kGroups][kTokens]) {
  const auto* words = Ops::words(x) + weights.first * Ops::kWord;
  for (std::size_t step = 0; step < weights.steps; ++step, words += Ops::kWord) {
    typename Ops::Weights of_rows[kGroups];
    HWY_UNROLL(2)
    for (std::size_t g = 0; g < kGroups; ++g) {
      if constexpr (kStreams) prefetch(weights, g, step);
      of_rows[g] = Ops::load(weights.groups[g] + step * kStepBytes);
    }
    HWY_UNROLL(12)
    for (std::size_t t = 0; t < kTokens; ++t) {
      const auto of_token = Ops::broadcast(words + t * x.stride);
      HWY_UNROLL(2)
      for (std::size_t g = 0; g < kGroups; ++g) sums[g][t] = Ops::add_products(sums[g][t], of_rows[g], of_token);
    }
  }
}

template <bool kStreams, std::size_t kGroups, std::size_t kTokens>
void multiply_tile(const TileWeights<kGroups>& weights, const typename Ops::Rows& x, const TileResult& to) {
  typename Ops::Sums sums[kGroups][kTokens];
  HWY_UNROLL(2)
  for (std::size_t g = 0; g < kGroups; ++g) {
    HWY_UNROLL(12)
    for (std::size_t t = 0; t < kTokens; ++t) {
      sums[g][t] = Ops::zero();
      if constexpr (Ops::kGoesOn)
        if (weights.first > 0) sums[g][t] = Ops::load_lanes(to.at(t, g), to.low[g], to.high[g]);
    }
  }
  multiply_steps<kStreams>(weights, x, sums);
  finish(weights, x, sums, to);
}

// At most kTokens tokens.
template <bool kStreams, std::size_t kGroups, std::size_t kTokens>
HWY_INLINE void multiply_last(const TileWeights<kGroups>& weights, const typename Ops::Rows& x, const TileResult& to, std::size_t tokens) {
  if constexpr (kTokens > 0) {
    if (tokens == kTokens) return multiply_tile<kStreams, kGroups, kTokens>(weights, x, to);
    multiply_last<kStreams, kGroups, kTokens - 1>(weights, x, to, tokens);
  }
}

// Many tokens are multiplied with a stretch of the weights before the next.
template <bool kStreams, std::size_t kGroups>
HWY_INLINE void multiply_groups(const PackedMatmulArguments& a, const std::byte* at, const TileResult& to) {
  const std::size_t all = Ops::steps(a.x.length);
  for (std::size_t first = 0; first < all; first += Ops::kStretch) {
    TileWeights<kGroups> weights{{}, first, all - first < Ops::kStretch ? all - first : Ops::kStretch, all};
    for (std::size_t g = 0; g < kGroups; ++g) weights.groups[g] = at + g * Ops::group_bytes(all) + first * kStepBytes;
    typename Ops::Rows x = Ops::Rows::in(a.x);
    TileResult result = to;
    std::size_t left = a.tokens;
    for (; left > Ops::kTokens; left -= Ops::kTokens, x = Ops::after(x, Ops::kTokens), result.y += Ops::kTokens * to.y_stride)
      multiply_tile<kStreams, kGroups, Ops::kTokens>(weights, x, result);
    multiply_last<kStreams, kGroups, Ops::kTokens>(weights, x, result, left);
  }
}

void multiply(const PackedMatmulArguments& a) noexcept {
  const std::size_t end = a.first_row + a.rows, bytes = Ops::group_bytes(Ops::steps(a.x.length));
  const bool streams = a.tokens <= Ops::kTokens;
  for (std::size_t group = a.first_row / kGroupRows; group * kGroupRows < end;) {
    const std::size_t row = group * kGroupRows, groups = Ops::kGroups == 2 && row + kGroupRows < end ? 2 : 1;
    const TileResult to = result_of(a, row);
    const std::byte* at = a.groups + group * bytes;
    group += groups;
    if (groups == 2)
      streams ? multiply_groups<true, Ops::kGroups>(a, at, to) : multiply_groups<false, Ops::kGroups>(a, at, to);
    else
      streams ? multiply_groups<true, 1>(a, at, to) : multiply_groups<false, 1>(a, at, to);
  }
}
