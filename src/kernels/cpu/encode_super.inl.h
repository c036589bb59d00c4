// Encoders of the K formats, plain and weighted: kLanes sub-blocks are searched at once, then each super-block is rounded and packed.

#if defined(TIGHTROPE_ENCODE_SUPER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TIGHTROPE_ENCODE_SUPER_INL_H_
#undef TIGHTROPE_ENCODE_SUPER_INL_H_
#else
#define TIGHTROPE_ENCODE_SUPER_INL_H_
#endif

#include <array>
#include <cstring>

#include "formats/super_block.h"
#include "kernels/cpu/encode_codes.inl.h"
#include "kernels/cpu/lane_search.inl.h"

HWY_BEFORE_NAMESPACE();
namespace tightrope::kernels::HWY_NAMESPACE {
namespace {

constexpr std::size_t kSuper = formats::kSuperBlock;

// What the search leaves behind for each sub-block. `offset` and `code_offset` stay 0 for symmetric formats.
struct SubFits {
  static constexpr std::size_t kMost = 16;  // sub-blocks searched together: kLanes, or those of a super-block
  alignas(64) float scale[kMost], offset[kMost], code_inverse[kMost], code_offset[kMost];
  float sums[kMost];  // of the importance weights
};

// Importance as importance * sqrt(spread * mean square of the super-block + x²), or what replaces it without importance.
enum class Plain { deviation, magnitude, square };

template <std::size_t kSub, Plain kPlain>
HWY_INLINE void plain_weights(Tile<kSub>& tile) {
  Vector deviation = hn::Zero(Floats());
  if constexpr (kPlain == Plain::deviation) {
    for (std::size_t i = 0; i < kSub; ++i) deviation = hn::Add(deviation, hn::Mul(tile.at(tile.x, i), tile.at(tile.x, i)));
    deviation = hn::Sqrt(hn::Div(deviation, all(static_cast<float>(kSub))));
  }
  for (std::size_t i = 0; i < kSub; ++i) {
    const Vector x = tile.at(tile.x, i);
    if constexpr (kPlain == Plain::deviation) tile.put(hn::Add(deviation, hn::Abs(x)), tile.weights, i);
    if constexpr (kPlain == Plain::magnitude) tile.put(hn::Abs(x), tile.weights, i);
    if constexpr (kPlain == Plain::square) tile.put(hn::Mul(x, x), tile.weights, i);
  }
}

// Replaces the transposed importance in tile.weights by the weights of the search; returns their sums.
template <std::size_t kSub>
HWY_INLINE Vector importance_weights(Tile<kSub>& tile, Vector spread) {
  Vector sum = hn::Zero(Floats());
  for (std::size_t i = 0; i < kSub; ++i) {
    const Vector x = tile.at(tile.x, i);
    const Vector weight = hn::Mul(tile.at(tile.weights, i), hn::Sqrt(hn::Add(spread, hn::Mul(x, x))));
    tile.put(weight, tile.weights, i);
    sum = hn::Add(sum, weight);
  }
  return sum;
}

// spread[j] = factor * mean square of the super-block of sub-block j.
template <std::size_t kSub>
HWY_INLINE void spreads(const float* x, std::size_t sub_blocks, float factor, float* spread) {
  constexpr std::size_t kSubBlocks = kSuper / kSub;
  for (std::size_t j = 0; j < sub_blocks; j += kSubBlocks) {
    const float squares = formats::sum_of_squares(std::span(x + j * kSub, kSuper));
    std::fill_n(spread + j, kSubBlocks, factor * squares / static_cast<float>(kSuper));
  }
}

// Runs search(tile, first) over the sub-blocks of `supers` super-blocks, kLanes at a time, with weights prepared.
template <std::size_t kSub, Plain kPlain, class Search>
HWY_INLINE void for_tiles(const float* x, const float* importance, std::size_t supers, float spread_factor, SubFits& fits, Search search) {
  const std::size_t sub_blocks = supers * (kSuper / kSub);
  alignas(64) float spread[SubFits::kMost] = {};
  if (importance != nullptr && spread_factor != 0) spreads<kSub>(x, sub_blocks, spread_factor, spread);
  for (std::size_t first = 0; first < sub_blocks; first += kLanes) {
    Tile<kSub> tile;
    transpose<kSub>(x, first, sub_blocks, tile.x);
    if (importance == nullptr) {
      plain_weights<kSub, kPlain>(tile);
    } else {
      transpose<kSub>(importance, first, sub_blocks, tile.weights);
      if (spread_factor != 0) hn::StoreU(importance_weights(tile, hn::Load(Floats(), spread + first)), Floats(), fits.sums + first);
    }
    search(tile, first);
  }
}

template <std::size_t kSub, Plain kPlain, bool kAbsolute>
HWY_INLINE void search_affine(const float* x, const float* importance, std::size_t supers, float spread_factor,
                              const formats::AffineGrid& grid, SubFits& fits) {
  for_tiles<kSub, kPlain>(x, importance, supers, spread_factor, fits, [&](Tile<kSub>& tile, std::size_t first) HWY_ATTR {
    const AffineLanes found = fit_affine<kSub, kAbsolute>(tile, grid);
    hn::Store(found.scale, Floats(), fits.scale + first);
    hn::Store(found.offset, Floats(), fits.offset + first);
    hn::Store(found.code_inverse, Floats(), fits.code_inverse + first);
    hn::Store(found.code_offset, Floats(), fits.code_offset + first);
  });
}

// Calls encode_group(x, importance, super-blocks, blocks) for as many super-blocks as fill the lanes, the last group being smaller.
template <class Block, std::size_t kSub, class EncodeGroup>
HWY_INLINE void for_supers(const float* values, const float* importance, std::byte* blocks, std::size_t count, EncodeGroup encode_group) {
  constexpr std::size_t kMost = std::max<std::size_t>(1, kLanes / (kSuper / kSub));
  for (std::size_t left = count / kSuper; left != 0;) {
    const std::size_t now = std::min(left, kMost);
    Block group[kMost];
    encode_group(values, importance, now, group);
    std::memcpy(blocks, group, now * sizeof(Block));
    values += now * kSuper;
    if (importance != nullptr) importance += now * kSuper;
    blocks += now * sizeof(Block);
    left -= now;
  }
}

// The integer scales of super-block b, exactly as the format's own encoder finds them.
template <std::size_t kSubBlocks>
HWY_INLINE formats::AffineScales<kSubBlocks> affine_scales(const SubFits& fits, std::size_t b, bool weighted, int levels) {
  std::array<formats::AffineFit, kSubBlocks> parts;
  for (std::size_t j = 0; j < kSubBlocks; ++j) parts[j] = {fits.scale[b * kSubBlocks + j], fits.offset[b * kSubBlocks + j]};
  return weighted ? formats::fit_scales(parts, fits.sums + b * kSubBlocks, levels) : formats::round_scales(parts, levels);
}

// All codes of super-block b. Where a scale came out 0 the codes of the search stay, as in the format's own encoder.
template <std::size_t kSub>
HWY_INLINE void affine_codes(const float* x, const SubFits& fits, std::size_t b, const formats::AffineScales<kSuper / kSub>& scales,
                             int levels, std::uint8_t* codes) {
  const float scale = to_f32(scales.scale), minimum = to_f32(scales.minimum);
  for (std::size_t j = 0; j < kSuper / kSub; ++j, x += kSub, codes += kSub) {
    const std::size_t fit = b * (kSuper / kSub) + j;
    const float step = scale * static_cast<float>(scales.scales[j]);
    if (step == 0)
      search_codes(x, kSub, fits.code_inverse[fit], fits.code_offset[fit], 0, levels, codes);
    else
      requantise(x, kSub, step, minimum * static_cast<float>(scales.minimums[j]), 0, levels, codes);
  }
}

// Q4_K and Q5_K.
template <class Block, int kLevels>
HWY_INLINE void encode_affine32(const float* x, const float* importance, std::size_t supers, const formats::AffineGrid& plain,
                                Block* blocks) {
  SubFits fits;
  const formats::AffineGrid grid = importance ? formats::weighted_grid(kLevels) : plain;
  search_affine<32, Plain::deviation, false>(x, importance, supers, 2, grid, fits);
  for (std::size_t b = 0; b < supers; ++b, x += kSuper) {
    const auto scales = affine_scales<8>(fits, b, importance != nullptr, 63);
    std::uint8_t codes[kSuper];
    affine_codes<32>(x, fits, b, scales, kLevels, codes);
    blocks[b].scale = scales.scale;
    blocks[b].minimum = scales.minimum;
    formats::pack_scales6(scales.scales, scales.minimums, blocks[b].scales6);
    formats::pack_nibbles_of_256(codes, blocks[b].nibbles);
    if constexpr (kLevels == 31) formats::pack_bit_of_256(codes, 4, blocks[b].high);
  }
}

void encode_q4_k(const float* values, const float* importance, std::byte* blocks, std::size_t count) noexcept {
  for_supers<formats::BlockQ4K, 32>(values, importance, blocks, count, [](auto x, auto weights, std::size_t supers, auto* group) HWY_ATTR {
    encode_affine32<formats::BlockQ4K, 15>(x, weights, supers, {15, -1.0f, 0.1f, 20, false}, group);
  });
}

void encode_q5_k(const float* values, const float* importance, std::byte* blocks, std::size_t count) noexcept {
  for_supers<formats::BlockQ5K, 32>(values, importance, blocks, count, [](auto x, auto weights, std::size_t supers, auto* group) HWY_ATTR {
    encode_affine32<formats::BlockQ5K, 31>(x, weights, supers, {31, -0.5f, 0.1f, 15, false}, group);
  });
}

HWY_INLINE void encode_group_q2_k(const float* x, const float* importance, std::size_t supers, formats::BlockQ2K* blocks) {
  SubFits fits;
  if (importance != nullptr)
    search_affine<16, Plain::magnitude, false>(x, importance, supers, 1, formats::weighted_grid(3), fits);
  else
    search_affine<16, Plain::magnitude, true>(x, importance, supers, 1, {3, -0.5f, 0.1f, 15, true}, fits);
  for (std::size_t b = 0; b < supers; ++b, x += kSuper) {
    const auto scales = affine_scales<16>(fits, b, importance != nullptr, 15);
    std::uint8_t codes[kSuper];
    affine_codes<16>(x, fits, b, scales, 3, codes);
    for (std::size_t j = 0; j < 16; ++j) blocks[b].scales[j] = static_cast<std::uint8_t>(scales.scales[j] | scales.minimums[j] << 4);
    formats::pack_pairs(codes, blocks[b].pairs);
    blocks[b].scale = scales.scale;
    blocks[b].minimum = scales.minimum;
  }
}

void encode_q2_k(const float* values, const float* importance, std::byte* blocks, std::size_t count) noexcept {
  for_supers<formats::BlockQ2K, 16>(values, importance, blocks, count, [](auto... arguments) HWY_ATTR { encode_group_q2_k(arguments...); });
}

// Sixteen sub-blocks of one super-block; where everything is negligible, code_inverse is 0.
template <Plain kPlain>
HWY_INLINE void search_symmetric(const float* x, const float* importance, float spread_factor, int half, SubFits& fits) {
  for_tiles<16, kPlain>(x, importance, 1, spread_factor, fits, [&](Tile<16>& tile, std::size_t first) HWY_ATTR {
    const SymmetricLanes found = fit_symmetric(tile, half);
    hn::Store(found.scale, Floats(), fits.scale + first);
    hn::Store(hn::IfThenZeroElse(found.negligible, found.code_inverse), Floats(), fits.code_inverse + first);
  });
}

// Codes of a sub-block of 16 for `step`, or those its search ended with when that is 0.
HWY_INLINE void symmetric_codes(const float* x, float step, float code_inverse, int half, std::uint8_t* codes) {
  if (step != 0)
    requantise(x, 16, step, 0, -half, half - 1, codes);
  else if (code_inverse != 0)
    search_codes(x, 16, code_inverse, 0, -half, half - 1, codes);
  else
    std::fill_n(codes, 16, std::uint8_t{0});
}

void encode_block_q6_k(const float* x, const float* importance, formats::BlockQ6K& block) {
  SubFits fits;
  std::uint8_t codes[kSuper];
  search_symmetric<Plain::square>(x, importance, 0, 32, fits);
  const float extreme = formats::extreme_of(std::span<const float>(fits.scale, 16));
  block = {};
  if (std::fabs(extreme) < formats::kNegligible) return;
  const float inverse = -128.0f / extreme;
  block.scale = formats::finite_f16(1 / inverse);
  for (std::size_t j = 0; j < 16; ++j) {
    block.scales[j] = static_cast<std::int8_t>(formats::nearest_code(inverse * fits.scale[j], -128, 127));
    const float step = to_f32(block.scale) * static_cast<float>(block.scales[j]);
    symmetric_codes(x + 16 * j, step, fits.code_inverse[j], 32, codes + 16 * j);
  }
  formats::pack_sextets(codes, block.nibbles, block.high);
}

void encode_q6_k(const float* values, const float* importance, std::byte* blocks, std::size_t count) noexcept {
  for_supers<formats::BlockQ6K, 16>(values, importance, blocks, count,
                                    [](auto x, auto weights, std::size_t, auto* group) HWY_ATTR { encode_block_q6_k(x, weights, *group); });
}

// The scale codes 0…63 and the half they are multiples of, from the scales of sixteen sub-blocks without importance.
HWY_INLINE f16 round_scales_q3_k(const float* scales, std::uint8_t* codes) {
  std::fill_n(codes, 16, std::uint8_t{0});
  const float extreme = formats::extreme_of(std::span<const float>(scales, 16));
  if (extreme == 0) return f16{0};
  const float inverse = -32.0f / extreme;
  for (std::size_t j = 0; j < 16; ++j) codes[j] = static_cast<std::uint8_t>(formats::nearest_code(inverse * scales[j], -32, 31) + 32);
  return formats::finite_f16(1 / inverse);
}

// Leaves the codes of the search, since coordinate descent cannot be repeated from a scale.
HWY_INLINE void descend(const float* x, SubFits& fits, std::uint8_t* codes) {
  for_tiles<16, Plain::square>(x, nullptr, 1, 0, fits, [&](Tile<16>& tile, std::size_t first) HWY_ATTR {
    hn::Store(fit_symmetric_descent(tile, 4), Floats(), fits.scale + first);
    for (std::size_t j = 0; j < kLanes; ++j)
      for (std::size_t i = 0; i < 16; ++i) codes[16 * (first + j) + i] = static_cast<std::uint8_t>(tile.levels[i * kLanes + j]);
  });
}

void encode_block_q3_k(const float* x, const float* importance, formats::BlockQ3K& block) {
  SubFits fits;
  std::uint8_t codes[kSuper], scale_codes[16];
  if (importance == nullptr) {
    descend(x, fits, codes);
    block.scale = round_scales_q3_k(fits.scale, scale_codes);
  } else {
    search_symmetric<Plain::square>(x, importance, 2, 4, fits);
    block.scale = formats::finite_f16(formats::fit_symmetric(std::span<const float>(fits.scale, 16), fits.sums, scale_codes, 32));
  }
  formats::pack_scales6(scale_codes, block.scales6);
  for (std::size_t j = 0; j < 16; ++j) {
    const float step = to_f32(block.scale) * static_cast<float>(scale_codes[j] - 32);
    if (step != 0 || importance != nullptr) symmetric_codes(x + 16 * j, step, fits.code_inverse[j], 4, codes + 16 * j);
  }
  formats::pack_bit_of_256(codes, 2, block.high);
  formats::pack_pairs(codes, block.pairs);
}

void encode_q3_k(const float* values, const float* importance, std::byte* blocks, std::size_t count) noexcept {
  for_supers<formats::BlockQ3K, 16>(values, importance, blocks, count,
                                    [](auto x, auto weights, std::size_t, auto* group) HWY_ATTR { encode_block_q3_k(x, weights, *group); });
}

}  // namespace
}  // namespace tightrope::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
