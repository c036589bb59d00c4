// What is particular to words of four bytes: sums become floats by the scales of row and token. Included after the tile.
#pragma once

template <std::size_t kGroups, std::size_t kTokens>
HWY_INLINE void finish(const TileWeights<kGroups>& weights, const ByteRows& x, typename Ops::Sums (&sums)[kGroups][kTokens],
                       const TileResult& to) {
  HWY_UNROLL(2)
  for (std::size_t g = 0; g < kGroups; ++g) {
    const std::byte* scales = weights.groups[g] + weights.all * kStepBytes;
    const auto scale = Ops::load_floats(scales), bias = to.bias_of(g);
    const auto of_codes = Ops::load_ints(scales + offsetof(ByteScales, sums));
    HWY_UNROLL(12)
    for (std::size_t t = 0; t < kTokens; ++t) {
      const auto exact = Ops::to_floats(Ops::subtract_product(sums[g][t], of_codes, x.tokens[t].zero));
      Ops::store_lanes(Ops::fma(exact, Ops::mul(scale, x.tokens[t].scale), bias), to.at(t, g), to.low[g], to.high[g]);
    }
  }
}

void round_row(const float* x, const PreparedRows& rows) noexcept {
  const ByteRows to = ByteRows::in(rows);
  const typename Ops::Range range = Ops::range_of(x, rows.length);  // with 0
  const float width = range.high - range.low;
  const float inverse = width > kByteNothing ? 255.0f / width : 0.0f;
  *to.tokens = {range.ordered ? width / 255.0f : __builtin_nanf(""), Ops::nearest(-range.low * inverse)};
  Ops::round(x, rows.length, inverse, to.tokens->zero, to.codes);
  std::memset(to.codes + rows.length, 0, to.stride - rows.length);
}

constexpr Preparation kPreparation = {
    [](std::size_t tokens, std::size_t length) noexcept { return ByteRows::bytes(tokens, length); },
    round_row,
};

constexpr PackedProduct kProducts[] = {{&formats::f32, &kPreparation, multiply}};
