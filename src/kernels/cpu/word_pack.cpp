// Rows of float32 into the packed forms that are read word by word: as they are, and rounded to bytes.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/cpu/packed_tables.h"
#include "kernels/cpu/word_layout.h"

namespace tightrope::kernels {
namespace {

std::size_t float_group(std::size_t length) noexcept { return FloatWords::group_bytes(FloatWords::steps(length)); }
std::size_t byte_group(std::size_t length) noexcept { return ByteWords::group_bytes(ByteWords::steps(length)); }

float element(const std::byte* row, std::size_t i) {
  float value;
  std::memcpy(&value, row + i * sizeof(float), sizeof value);
  return value;
}

void pack_floats(const std::byte* blocks, std::size_t rows, std::size_t length, std::byte* group) noexcept {
  std::memset(group, 0, float_group(length));
  for (std::size_t r = 0; r < rows; ++r, blocks += length * sizeof(float))
    for (std::size_t i = 0; i < length; ++i) std::memcpy(group + i * kStepBytes + 4 * r, blocks + i * sizeof(float), sizeof(float));
}

// The row's scale; NaN where a weight is not finite, so that the results are none either.
float row_scale(const std::byte* row, std::size_t length) {
  float largest = 0;
  bool finite = true;
  for (std::size_t i = 0; i < length; ++i) {
    const float value = element(row, i);
    largest = std::max(largest, std::fabs(value));
    finite = finite && std::isfinite(value);
  }
  return finite ? largest / 127 : __builtin_nanf("");
}

void pack_bytes(const std::byte* blocks, std::size_t rows, std::size_t length, std::byte* group) noexcept {
  std::memset(group, 0, byte_group(length));
  ByteScales behind{};
  for (std::size_t r = 0; r < rows; ++r, blocks += length * sizeof(float)) {
    const float scale = row_scale(blocks, length), inverse = scale > kByteNothing ? 1 / scale : 0;
    behind.scales[r] = scale;
    for (std::size_t i = 0; inverse > 0 && i < length; ++i) {
      const float code = std::clamp(std::nearbyint(element(blocks, i) * inverse), -127.0f, 127.0f);
      group[i / ByteWords::kWord * kStepBytes + ByteWords::kWord * r + i % ByteWords::kWord] =
          static_cast<std::byte>(static_cast<int>(code));
      behind.sums[r] += static_cast<std::int32_t>(code);
    }
  }
  std::memcpy(group + byte_group(length) - sizeof behind, &behind, sizeof behind);
}

constexpr PackedFormat kFloats[] = {{&formats::f32, nullptr, float_group, pack_floats, nullptr}};
constexpr PackedFormat kBytes[] = {{&formats::f32, nullptr, byte_group, pack_bytes, nullptr}};

}  // namespace

constinit const std::span<const PackedFormat> kFloatPackings = kFloats, kBytePackings = kBytes;

}  // namespace tightrope::kernels
