// Plain encoders of the formats of 32 weights and of halves. The scales of kLanes blocks are found at once, a block in every lane.

#if defined(TIGHTROPE_ENCODE_SIMPLE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TIGHTROPE_ENCODE_SIMPLE_INL_H_
#undef TIGHTROPE_ENCODE_SIMPLE_INL_H_
#else
#define TIGHTROPE_ENCODE_SIMPLE_INL_H_
#endif

#include "formats/nibbles.h"
#include "kernels/cpu/encode_codes.inl.h"
#include "kernels/cpu/lane_search.inl.h"

HWY_BEFORE_NAMESPACE();
namespace tightrope::kernels::HWY_NAMESPACE {
namespace {

template <auto kBits>
HWY_INLINE void encode_shorts(const float* values, std::byte* blocks, std::size_t count) {
  for (std::size_t i = 0; i < count; i += kLanes) {
    const std::size_t left = count - i;
    if (left >= kLanes) {
      store_shorts(kBits(hn::LoadU(Floats(), values + i)), blocks + 2 * i);
    } else {
      std::byte buffer[2 * kLanes];
      store_shorts(kBits(load_some(values + i, left)), buffer);
      std::memcpy(blocks + 2 * i, buffer, 2 * left);
    }
  }
}

void encode_f16(const float* values, const float*, std::byte* blocks, std::size_t count) noexcept {
  encode_shorts<half_bits>(values, blocks, count);
}

void encode_bf16(const float* values, const float*, std::byte* blocks, std::size_t count) noexcept {
  encode_shorts<brain_bits>(values, blocks, count);
}

constexpr std::size_t kBlock = formats::kBlock;

// One number for each of kLanes blocks.
struct PerBlock {
  alignas(64) float values[kLanes];
  PerBlock() = default;
  explicit PerBlock(Vector from) { hn::Store(from, Floats(), values); }
};

struct HalfPerBlock {
  alignas(64) std::uint32_t bits[kLanes];
  explicit HalfPerBlock(Vector from) { hn::Store(finite_half_bits(from), Unsigned(), bits); }
  f16 operator[](std::size_t j) const { return {static_cast<std::uint16_t>(bits[j])}; }
};

// Calls encode_group(values, number of blocks, blocks) for every kLanes blocks, the last group being smaller.
template <class Block, class EncodeGroup>
HWY_INLINE void for_groups(const float* values, std::byte* blocks, std::size_t count, EncodeGroup encode_group) {
  for (std::size_t left = count / kBlock; left != 0;) {
    const std::size_t now = std::min(left, kLanes);
    Block group[kLanes];
    encode_group(values, now, group);
    std::memcpy(blocks, group, now * sizeof(Block));
    values += now * kBlock;
    blocks += now * sizeof(Block);
    left -= now;
  }
}

// Half away from zero for |value| < 2^22: the largest float below one half, not one half, so that what is just below x.5 stays below.
HWY_INLINE hn::Vec<Signed> round_away(Vector value) {
  return hn::ConvertTo(Signed(), hn::Add(value, hn::CopySign(hn::Set(Floats(), 0x1.fffffep-2f), value)));
}

HWY_INLINE void encode_group_q8_0(const float* x, std::size_t count, formats::BlockQ8_0* blocks) {
  const Floats d;
  PerBlock largest(hn::Zero(d));
  for (std::size_t j = 0; j < count; ++j) {
    Vector maximum = hn::Zero(d);
    for (std::size_t i = 0; i < kBlock; i += kLanes) maximum = hn::Max(maximum, hn::Abs(hn::LoadU(d, x + kBlock * j + i)));
    largest.values[j] = hn::GetLane(hn::MaxOfLanes(d, maximum));
  }
  const Vector scale = hn::Div(hn::Load(d, largest.values), hn::Set(d, 127.0f));
  const HalfPerBlock halves(scale);
  const PerBlock inverse(inverse_or_zero(scale));
  for (std::size_t j = 0; j < count; ++j) {
    blocks[j].scale = halves[j];
    for (std::size_t i = 0; i < kBlock; i += kLanes) {
      const Vector value = hn::Mul(hn::LoadU(d, x + kBlock * j + i), hn::Set(d, inverse.values[j]));
      hn::StoreU(hn::DemoteTo(SignedBytes(), round_away(value)), SignedBytes(), blocks[j].codes + i);
    }
  }
}

void encode_q8_0(const float* values, const float*, std::byte* blocks, std::size_t count) noexcept {
  for_groups<formats::BlockQ8_0>(values, blocks, count, [](auto... arguments) HWY_ATTR { encode_group_q8_0(arguments...); });
}

template <class Block>
HWY_INLINE void pack_codes(const std::uint8_t* codes, Block& block) {
  formats::pack_nibbles(codes, block.nibbles);
  if constexpr (requires { block.high; }) formats::pack_fifth_bits(codes, block.high);
}

// x ≈ scale * (code - kHalf)
template <class Block, int kHalf>
HWY_INLINE void encode_group_symmetric(const float* x, std::size_t count, Block* blocks) {
  Tile<kBlock> tile;
  transpose<kBlock>(x, 0, count, tile.x);
  const Vector scale = hn::Div(extreme_of<kBlock>(tile.x), all(static_cast<float>(-kHalf)));
  const HalfPerBlock halves(scale);
  const PerBlock inverse(inverse_or_zero(scale));
  for (std::size_t j = 0; j < count; ++j) {
    std::uint8_t codes[kBlock];
    truncate_codes(x + kBlock * j, 0, inverse.values[j], static_cast<float>(kHalf) + 0.5f, 2 * kHalf - 1, codes);
    blocks[j].scale = halves[j];
    pack_codes(codes, blocks[j]);
  }
}

// x ≈ scale * code + minimum
template <class Block, int kLevels>
HWY_INLINE void encode_group_affine(const float* x, std::size_t count, Block* blocks) {
  Tile<kBlock> tile;
  transpose<kBlock>(x, 0, count, tile.x);
  Vector minimum = tile.at(tile.x, 0), maximum = minimum;
  for (std::size_t i = 0; i < kBlock; ++i) {
    minimum = hn::Min(tile.at(tile.x, i), minimum);
    maximum = hn::Max(tile.at(tile.x, i), maximum);
  }
  const Vector scale = hn::Div(hn::Sub(maximum, minimum), all(static_cast<float>(kLevels)));
  const HalfPerBlock halves(scale), minimum_halves(minimum);
  const PerBlock inverse(inverse_or_zero(scale)), minimums(minimum);
  for (std::size_t j = 0; j < count; ++j) {
    std::uint8_t codes[kBlock];
    truncate_codes(x + kBlock * j, minimums.values[j], inverse.values[j], 0.5f, kLevels, codes);
    blocks[j].scale = halves[j];
    blocks[j].minimum = minimum_halves[j];
    pack_codes(codes, blocks[j]);
  }
}

void encode_q4_0(const float* values, const float*, std::byte* blocks, std::size_t count) noexcept {
  for_groups<formats::BlockQ4_0>(values, blocks, count,
                                 [](auto... arguments) HWY_ATTR { encode_group_symmetric<formats::BlockQ4_0, 8>(arguments...); });
}

void encode_q5_0(const float* values, const float*, std::byte* blocks, std::size_t count) noexcept {
  for_groups<formats::BlockQ5_0>(values, blocks, count,
                                 [](auto... arguments) HWY_ATTR { encode_group_symmetric<formats::BlockQ5_0, 16>(arguments...); });
}

void encode_q4_1(const float* values, const float*, std::byte* blocks, std::size_t count) noexcept {
  for_groups<formats::BlockQ4_1>(values, blocks, count,
                                 [](auto... arguments) HWY_ATTR { encode_group_affine<formats::BlockQ4_1, 15>(arguments...); });
}

void encode_q5_1(const float* values, const float*, std::byte* blocks, std::size_t count) noexcept {
  for_groups<formats::BlockQ5_1>(values, blocks, count,
                                 [](auto... arguments) HWY_ATTR { encode_group_affine<formats::BlockQ5_1, 31>(arguments...); });
}

}  // namespace
}  // namespace tightrope::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
