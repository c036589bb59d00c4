// 4-bit with uneven levels, super-blocks of eight sub-blocks of 32 with 6-bit scales: 4.25 bits per weight. Bit-exact with GGUF type 23.
#include "formats/format.h"
#include "formats/super_block.h"
#include "formats/uneven_levels.h"

namespace tightrope::formats {
namespace {

using Block = BlockIQ4XS;

void decode(const Block& block, std::span<float, kSuperBlock> x) {
  const float scale = to_f32(block.scale);
  for (std::size_t j = 0; j < kUnevenSubBlocks; ++j) {
    const float step = scale * static_cast<float>(unpack_uneven_scale(block, j) - kUnevenScaleHalf);
    for (std::size_t i = 0; i < kBlock; ++i)
      x[kBlock * j + i] = step * uneven_level(static_cast<std::size_t>(nibble_code(block.nibbles + 16 * j, i)));
  }
}

Block encode(SuperBlock x, const float* importance) {
  float scales[kUnevenSubBlocks];
  const float spread = uneven_spread(x);
  for (std::size_t j = 0; j < kUnevenSubBlocks; ++j) {
    const auto part = x.subspan(kBlock * j, kBlock);
    float weights[kBlock];
    uneven_weights(part, importance ? importance + kBlock * j : nullptr, spread, weights);
    scales[j] = fit_uneven(part, weights);
  }
  auto [block, steps] = round_uneven_scales(scales);
  for (std::size_t j = 0; j < kUnevenSubBlocks; ++j) {
    std::uint8_t codes[kBlock];
    assign_uneven(x.subspan(kBlock * j, kBlock), steps[j], codes);
    pack_nibbles(codes, block.nibbles + 16 * j);
  }
  return block;
}

}  // namespace

extern const Format iq4_xs;
constinit const Format iq4_xs =
    make_format<Block, kSuperBlock, encode, decode>({.name = "iq4_xs",
                                                     .summary = "4 bits with uneven levels, super-blocks of 256 with 6-bit scales",
                                                     .gguf_type = 23,
                                                     .gguf_file_type = 30,
                                                     .max_rms_error = 0.085f,
                                                     .uses_importance = true,
                                                     .fallback = "iq4_nl"});

}  // namespace tightrope::formats
