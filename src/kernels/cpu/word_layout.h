// The packed forms that are read word by word: for one step after the other, 16 rows of one float32, two neighbouring bf16 or four bytes.
#pragma once

#include <cstddef>

#include "kernels/half.h"
#include "kernels/words.h"

namespace tightrope::formats {
extern const Format f32, f16, bf16;
}

namespace tightrope::kernels {

inline constexpr std::size_t kStepBytes = 4 * kGroupRows;  // of a group

// Behind a group's codes.
struct ByteScales {
  float scales[kGroupRows];
  std::int32_t sums[kGroupRows];  // of a row's codes
};

// How the words of a kind lie; the base of the `Ops` of each instruction set. Steps are words of a row. The sums of a stretch of them
// either go on from those of the stretch before it or begin anew.
struct FloatWords {
  using Rows = FloatRows;
  static constexpr std::size_t kWord = 1, kStretch = kFloatStretch;  // elements of a word; steps of a stretch
  static constexpr bool kGoesOn = false;

  static constexpr std::size_t steps(std::size_t length) { return length; }
  static constexpr std::size_t group_bytes(std::size_t steps) { return steps * kStepBytes; }
  static const float* words(const Rows& x) { return x.values; }
  static Rows after(const Rows& x, std::size_t tokens) { return {x.values + tokens * x.stride, x.stride}; }
};

struct HalfWords {
  using Rows = HalfRows;
  // A stretch of two groups is half a megabyte, for the second-level cache to keep. Shorter ones, for the first-level cache, are a tenth
  // slower.
  static constexpr std::size_t kWord = 2, kStretch = 4096;
  static constexpr bool kGoesOn = true;

  static constexpr std::size_t steps(std::size_t length) { return (length + 1) / 2; }
  static constexpr std::size_t group_bytes(std::size_t steps) { return steps * kStepBytes; }
  static const std::uint16_t* words(const Rows& x) { return x.values; }
  static Rows after(const Rows& x, std::size_t tokens) { return {x.values + tokens * x.stride, x.stride}; }
};

struct ByteWords {
  using Rows = ByteRows;
  static constexpr std::size_t kWord = 4, kStretch = kMostByteLength / kWord;
  static constexpr bool kGoesOn = false;

  static constexpr std::size_t steps(std::size_t length) { return (length + kWord - 1) / kWord; }
  static constexpr std::size_t group_bytes(std::size_t steps) { return steps * kStepBytes + sizeof(ByteScales); }
  static const std::uint8_t* words(const Rows& x) { return x.codes; }
  static Rows after(const Rows& x, std::size_t tokens) { return {x.codes + tokens * x.stride, x.tokens + tokens, x.stride}; }
};

// Activations that differ by less are taken for zeros: what they would be divided by is too small for a float.
inline constexpr float kByteNothing = 1e-30f;

}  // namespace tightrope::kernels
