// Encoders of the formats with uneven levels, plain and weighted: the search of formats/uneven_levels.h with a sub-block in every lane.

#if defined(TIGHTROPE_ENCODE_UNEVEN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TIGHTROPE_ENCODE_UNEVEN_INL_H_
#undef TIGHTROPE_ENCODE_UNEVEN_INL_H_
#else
#define TIGHTROPE_ENCODE_UNEVEN_INL_H_
#endif

#include "formats/uneven_levels.h"
#include "kernels/cpu/encode_simple.inl.h"
#include "kernels/cpu/encode_super.inl.h"

HWY_BEFORE_NAMESPACE();
namespace tightrope::kernels::HWY_NAMESPACE {
namespace {

// What a value is turned into, by the code of the nearest level: the level or the code itself.
using Outcomes = std::array<float, 16>;
constexpr Outcomes outcomes(bool levels) {
  Outcomes result{};
  for (std::size_t i = 0; i < 16; ++i)
    result[i] = static_cast<float>(levels ? static_cast<int>(formats::kUnevenLevels[i]) : static_cast<int>(i));
  return result;
}
constexpr Outcomes kAsLevels = outcomes(true), kAsCodes = outcomes(false);

#if HWY_TARGET <= HWY_AVX3

// From -128 on, buckets of 8, so small that each holds one border at most. A value is first put into a bucket, where rounding may lift it
// across a bucket's begin, but then it is still below the bucket's border.
struct Buckets {
  float border[32];  // infinite where there is none
  float below[32];   // the outcome below it; that above it is the next bucket's
};
constexpr Buckets buckets(const Outcomes& outcome) {
  Buckets result{};
  for (std::size_t bucket = 0; bucket < 32; ++bucket) {
    const float begin = 8 * static_cast<float>(bucket) - 128;
    result.border[bucket] = std::numeric_limits<float>::infinity();
    std::size_t code = 0;
    for (const float border : formats::kUnevenBorders) {
      code += border < begin;
      if (border >= begin && border < begin + 8) result.border[bucket] = border;
    }
    result.below[bucket] = outcome[code];
  }
  return result;
}

HWY_INLINE Vector of_32(const float* table, hn::Vec<Signed> index) {
  return Vector{_mm512_permutex2var_ps(hn::LoadU(Floats(), table).raw, index.raw, hn::LoadU(Floats(), table + 16).raw)};
}

template <const Outcomes& kOutcome>
HWY_INLINE Vector nearest_uneven(Vector value) {
  static constexpr Buckets kBuckets = buckets(kOutcome);
  const Vector bucket = hn::Min(hn::Max(hn::MulAdd(value, all(0.125f), all(16)), hn::Zero(Floats())), all(31));
  const auto index = hn::ConvertTo(Signed(), bucket);
  const auto above = hn::RebindMask(Signed(), hn::Ge(value, of_32(kBuckets.border, index)));
  return of_32(kBuckets.below, hn::Add(index, hn::IfThenElseZero(above, hn::Set(Signed(), 1))));
}

#else

template <const Outcomes& kOutcome>
HWY_INLINE Vector nearest_uneven(Vector value) {
  Vector result = all(kOutcome[0]);
  for (std::size_t i = 0; i < formats::kUnevenBorders.size(); ++i) {
    const Mask above = hn::Ge(value, all(formats::kUnevenBorders[i]));
    result = hn::Add(result, hn::IfThenElseZero(above, all(kOutcome[i + 1] - kOutcome[i])));
  }
  return result;
}

#endif

HWY_INLINE SymmetricSums uneven_sums(const Tile<kBlock>& tile, Vector inverse) {
  SymmetricSums sums{hn::Zero(Floats()), hn::Zero(Floats())};
  for (std::size_t i = 0; i < kBlock; ++i) {
    const Vector x = tile.at(tile.x, i);
    const Vector level = nearest_uneven<kAsLevels>(hn::Mul(inverse, x));
    const Vector weighted = hn::Mul(tile.at(tile.weights, i), level);
    sums.lx = hn::Add(sums.lx, hn::Mul(weighted, x));
    sums.l2 = hn::Add(sums.l2, hn::Mul(weighted, level));
  }
  return sums;
}

HWY_INLINE Vector fit_uneven(const Tile<kBlock>& tile) {
  const Vector zero = hn::Zero(Floats());
  const float lowest = formats::uneven_level(0);
  const Vector extreme = extreme_of<kBlock>(tile.x);
  SymmetricSums sums = uneven_sums(tile, hn::Div(all(1), hn::Div(hn::Neg(extreme), all(lowest))));
  Vector scale = hn::IfThenElseZero(hn::Gt(sums.l2, zero), hn::Div(sums.lx, sums.l2));
  Vector best = hn::Mul(scale, sums.lx);
  for (int i = -formats::kUnevenTries; i <= formats::kUnevenTries; ++i) {
    sums = uneven_sums(tile, hn::Div(all(static_cast<float>(i) + lowest), extreme));
    const Mask better = hn::And(hn::Gt(sums.l2, zero), hn::Gt(hn::Mul(sums.lx, sums.lx), hn::Mul(best, sums.l2)));
    scale = hn::IfThenElse(better, hn::Div(sums.lx, sums.l2), scale);
    best = hn::IfThenElse(better, hn::Mul(scale, sums.lx), best);
  }
  const Mask negligible = hn::Lt(hn::Abs(extreme), all(formats::kNegligible));
  return hn::IfThenZeroElse(negligible, finite_or(scale, hn::Div(extreme, all(lowest))));
}

// The codes of 32 weights, packed.
HWY_INLINE void pack_uneven(const float* x, float inverse, std::uint8_t* nibbles) {
  std::uint8_t codes[kBlock];
  for (std::size_t i = 0; i < kBlock; i += kLanes) {
    const Vector code = nearest_uneven<kAsCodes>(hn::Mul(all(inverse), hn::LoadU(Floats(), x + i)));
    hn::StoreU(hn::DemoteTo(Bytes(), hn::ConvertTo(Signed(), code)), Bytes(), codes + i);
  }
  formats::pack_nibbles(codes, nibbles);
}

HWY_INLINE void encode_group_iq4_nl(const float* x, const float* importance, std::size_t count, formats::BlockIQ4NL* blocks) {
  Tile<kBlock> tile;
  transpose<kBlock>(x, 0, count, tile.x);
  plain_weights<kBlock, Plain::square>(tile);
  if (importance != nullptr) {
    Vector squares = hn::Zero(Floats());
    for (std::size_t i = 0; i < kBlock; ++i) squares = hn::Add(squares, tile.at(tile.weights, i));
    transpose<kBlock>(importance, 0, count, tile.weights);
    importance_weights(tile, hn::Mul(squares, all(2.0f / kBlock)));
  }
  const Vector scale = fit_uneven(tile);
  const HalfPerBlock halves(scale);
  const PerBlock inverse(inverse_or_zero(scale));
  for (std::size_t j = 0; j < count; ++j) {
    blocks[j].scale = halves[j];
    pack_uneven(x + kBlock * j, inverse.values[j], blocks[j].nibbles);
  }
}

void encode_iq4_nl(const float* values, const float* importance, std::byte* blocks, std::size_t count) noexcept {
  for_groups<formats::BlockIQ4NL>(values, blocks, count, [&](const float* x, std::size_t group, auto* to) HWY_ATTR {
    encode_group_iq4_nl(x, importance == nullptr ? nullptr : importance + (x - values), group, to);
  });
}

HWY_INLINE void encode_group_iq4_xs(const float* x, const float* importance, std::size_t supers, formats::BlockIQ4XS* blocks) {
  SubFits fits;
  for_tiles<kBlock, Plain::square>(x, importance, supers, 2, fits, [&](const Tile<kBlock>& tile, std::size_t first) HWY_ATTR {
    hn::Store(fit_uneven(tile), Floats(), fits.scale + first);
  });
  constexpr std::size_t kSubs = formats::kUnevenSubBlocks;
  for (std::size_t b = 0; b < supers; ++b, x += kSuper) {
    const formats::UnevenScales scales = formats::round_uneven_scales(std::span<const float, kSubs>(fits.scale + kSubs * b, kSubs));
    blocks[b] = scales.block;
    for (std::size_t j = 0; j < kSubs; ++j)
      pack_uneven(x + kBlock * j, formats::inverse_or_zero(scales.steps[j]), blocks[b].nibbles + 16 * j);
  }
}

void encode_iq4_xs(const float* values, const float* importance, std::byte* blocks, std::size_t count) noexcept {
  for_supers<formats::BlockIQ4XS, kBlock>(values, importance, blocks, count,
                                          [](auto... arguments) HWY_ATTR { encode_group_iq4_xs(arguments...); });
}

}  // namespace
}  // namespace tightrope::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
