// Where a register tile's sums go, for packed products of every kind.
#pragma once

// Rows of the result that a tile's groups stand for: lanes [low, high) of each group, at y + lane.
struct TileResult {
  float* y;           // of lane 0 of the first group, first token
  const float* bias;  // of lane 0 likewise, or null
  std::size_t y_stride;
  std::size_t low[2], high[2];

  HWY_INLINE float* at(std::size_t token, std::size_t g) const { return y + token * y_stride + g * kGroupRows; }
  HWY_INLINE typename Ops::Floats bias_of(std::size_t g) const {
    return bias == nullptr ? Ops::zero_floats() : Ops::load_lanes(bias + g * kGroupRows, low[g], high[g]);
  }
};

// Of the groups that begin with row `row`. Lane 0 may lie before the first row; then the pointers are only used with lanes from `low` on.
HWY_INLINE TileResult result_of(const PackedMatmulArguments& a, std::size_t row) {
  const std::size_t end = a.first_row + a.rows;
  const auto offset = static_cast<std::ptrdiff_t>(row) - static_cast<std::ptrdiff_t>(a.first_row);
  TileResult to{a.y + offset, a.bias == nullptr ? nullptr : a.bias + offset, a.y_stride, {}, {}};
  for (std::size_t g = 0; g < 2; ++g) {
    const std::size_t first = row + g * kGroupRows;
    to.low[g] = first < a.first_row ? a.first_row - first : 0;
    to.high[g] = end < first ? 0 : end - first < kGroupRows ? end - first : kGroupRows;
  }
  return to;
}
