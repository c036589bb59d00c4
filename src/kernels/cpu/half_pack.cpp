// Rows of 16-bit floats into the packed form: rounded to bf16 where they have more bits, 16 rows interleaved.
#include <bit>
#include <cmath>
#include <cstring>

#include "kernels/cpu/packed_tables.h"
#include "kernels/cpu/word_layout.h"
#include "tensor/half.h"

namespace tightrope::kernels {
namespace {

std::size_t group_bytes(std::size_t length) noexcept { return HalfWords::group_bytes(HalfWords::steps(length)); }

// Elements converted at a time: those of 16 rows are 4 KiB.
constexpr std::size_t kPiece = 128;

template <class Half>
void convert(const std::byte* from, std::size_t count, std::uint16_t* to) {
  Half halves[kPiece];
  std::memcpy(halves, from, count * sizeof(Half));
  for (std::size_t i = 0; i < count; ++i) {
    const float value = to_f32(halves[i]);
    to[i] = std::fabs(value) < kHalfNothing ? std::uint16_t{0} : to_bf16(value).bits;
  }
}

template <class Half>
void pack(const std::byte* blocks, std::size_t rows, std::size_t length, std::byte* group) noexcept {
  std::uint16_t values[kGroupRows][kPiece] = {};
  for (std::size_t i = 0; i < length; i += kPiece) {
    const std::size_t count = length - i < kPiece ? length - i : kPiece;
    for (std::size_t r = 0; r < rows; ++r) {
      convert<Half>(blocks + (r * length + i) * sizeof(Half), count, values[r]);
      if (count % 2 == 1) values[r][count] = 0;
    }
    for (std::size_t pair = 0; pair < HalfWords::steps(count); ++pair, group += kStepBytes)
      for (std::size_t r = 0; r < kGroupRows; ++r) std::memcpy(group + 4 * r, values[r] + 2 * pair, 4);
  }
}

}  // namespace

constinit const PackedFormat packed::bf16 = {&formats::bf16, nullptr, group_bytes, pack<tightrope::bf16>, nullptr};
constinit const PackedFormat packed::f16 = {&formats::f16, nullptr, group_bytes, pack<tightrope::f16>, nullptr};

}  // namespace tightrope::kernels
