// What is particular to words that are pairs of bf16: the bias is added behind the last stretch, activations are rounded. Included after
// the tile.
#pragma once

template <std::size_t kGroups, std::size_t kTokens>
HWY_INLINE void finish(const TileWeights<kGroups>& weights, const HalfRows& /*x*/, typename Ops::Floats (&sums)[kGroups][kTokens],
                       const TileResult& to) {
  const bool biased = weights.ends() && to.bias != nullptr;
  HWY_UNROLL(2)
  for (std::size_t g = 0; g < kGroups; ++g) {
    const auto bias = to.bias_of(g);
    HWY_UNROLL(12)
    for (std::size_t t = 0; t < kTokens; ++t) {
      if (biased) sums[g][t] = Ops::add(sums[g][t], bias);
      Ops::store_lanes(sums[g][t], to.at(t, g), to.low[g], to.high[g]);
    }
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
