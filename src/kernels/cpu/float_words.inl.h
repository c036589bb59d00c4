// What is particular to words that are floats: a stretch's sums go to those of the stretches before it. Included after the tile.
#pragma once

template <std::size_t kGroups, std::size_t kTokens>
HWY_INLINE void finish(const TileWeights<kGroups>& weights, const FloatRows& /*x*/, typename Ops::Floats (&sums)[kGroups][kTokens],
                       const TileResult& to) {
  const bool begins = weights.first == 0, biased = weights.ends() && to.bias != nullptr;
  HWY_UNROLL(2)
  for (std::size_t g = 0; g < kGroups; ++g) {
    const auto bias = to.bias_of(g);
    HWY_UNROLL(12)
    for (std::size_t t = 0; t < kTokens; ++t) {
      if (!begins) sums[g][t] = Ops::add(Ops::load_lanes(to.at(t, g), to.low[g], to.high[g]), sums[g][t]);
      if (biased) sums[g][t] = Ops::add(sums[g][t], bias);
      Ops::store_lanes(sums[g][t], to.at(t, g), to.low[g], to.high[g]);
    }
  }
}

constexpr Preparation kPreparation = {
    [](std::size_t tokens, std::size_t length) noexcept { return tokens * FloatRows::stride_of(length) * sizeof(float); },
    [](const float* x, const PreparedRows& to) noexcept {
      std::memcpy(to.memory + to.first * FloatRows::stride_of(to.length) * sizeof(float), x, to.length * sizeof(float));
    },
    FloatRows::in_place,
};

constexpr PackedProduct kProducts[] = {{&formats::f32, &kPreparation, multiply}};
