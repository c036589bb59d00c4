// The packed form of block formats: where codes, scales and minimums lie. packed/list.inc has a line for each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "formats/uneven_levels.h"
#include "kernels/integer.h"

namespace tightrope::formats {
#define PACKED(name, ...) extern const Format name;
#include "kernels/cpu/packed/list.inc"
#undef PACKED
}  // namespace tightrope::formats

namespace tightrope::kernels {

// A block of activations with nothing larger is one of zeros: what its codes would be divided by is too small for a float.
inline constexpr float kNothing = 1e-30f;

// How a format's scales are kept before the codes of a unit. A plane is 16 numbers, one for each row.
enum class Scales : std::uint8_t {
  halves,       // every 32 elements: f16 scale
  half_pairs,   // every 32 elements: f16 scale, f16 minimum
  bytes,        // every 256 elements: f16 scale; then for each sub-block a signed byte that multiplies it
  byte_pairs,   // every 256 elements: f16 scale, f16 minimum; then for each sub-block an unsigned byte for each of the two
  nibble_pairs  // the same with both in one byte: the scale's in the low nibble
};

// The uneven levels, raised by 128 so that they are unsigned like codes.
inline constexpr int kRaised = 128;
alignas(16) inline constexpr auto kRaisedLevels = [] {
  std::array<std::uint8_t, 16> raised{};
  for (std::size_t i = 0; i < raised.size(); ++i) raised[i] = static_cast<std::uint8_t>(formats::kUnevenLevels[i] + kRaised);
  return raised;
}();

// `kBits` a code, `kSub` elements share a scale; x = scale * (code - kHalf), or scale * code + minimum where kHalf is 0. A half that no
// code reaches is said of raised levels: a code is the place of one, and they take its place in what is multiplied.
template <int kBits_, std::size_t kSub_, int kHalf_, Scales kScales_>
struct Layout {
  static constexpr int kBits = kBits_, kHalf = kHalf_;
  static constexpr std::size_t kSub = kSub_;
  static constexpr Scales kScales = kScales_;
  static constexpr bool kAffine = kHalf == 0;
  static constexpr bool kUneven = kHalf >> kBits != 0;
  static_assert(!kUneven || (kBits == 4 && kHalf == kRaised));
  static constexpr bool kBytes = kBits == 8 || kUneven;  // whether what is multiplied fills a byte
  static constexpr bool kSuper = kScales != Scales::halves && kScales != Scales::half_pairs;
  static constexpr std::size_t kElements = kSuper ? 256 : 32;         // that one run of scales is for
  static constexpr std::size_t kCodeBytes = std::size_t{64} * kBits;  // of 32 elements of a group
  static constexpr std::size_t kSubs = kElements / kSub;
  static constexpr std::size_t kHeadBytes = kAffine ? 64 : 32;
  static constexpr std::size_t kSubBytes = !kSuper ? 0 : kScales == Scales::byte_pairs ? 32 : 16;
  static constexpr std::size_t kScaleBytes = kHeadBytes + kSubs * kSubBytes;

  // A group is a run of units: the scales of 64 or 256 elements, then their codes. So a matrix is read as one stream, which the memory
  // gives out fastest. What lacks to a cache line behind the scales is left.
  static constexpr std::size_t kUnitElements = kSuper ? 256 : 64;
  static constexpr std::size_t kUnitBlocks = kUnitElements / 32;
  static constexpr std::size_t kCodesOffset = (kUnitElements / kElements * kScaleBytes + 63) / 64 * 64;
  static constexpr std::size_t kUnitBytes = kCodesOffset + kUnitBlocks * kCodeBytes;

  static constexpr std::size_t group_bytes(std::size_t length) { return (length + kUnitElements - 1) / kUnitElements * kUnitBytes; }
  // Of a group's block of 32: where its codes lie, and its run of scales.
  static constexpr std::size_t codes_at(std::size_t block) {
    return block / kUnitBlocks * kUnitBytes + kCodesOffset + block % kUnitBlocks * kCodeBytes;
  }
  static constexpr std::size_t scales_at(std::size_t block) {
    return block / kUnitBlocks * kUnitBytes + block % kUnitBlocks * 32 / kElements * kScaleBytes;
  }
};

namespace layouts {
#define PACKED(name, bits, sub, half, scales) using name = Layout<bits, sub, half, Scales::scales>;
#include "kernels/cpu/packed/list.inc"
#undef PACKED
}  // namespace layouts

}  // namespace tightrope::kernels
