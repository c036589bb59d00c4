// 5-bit with minimums, super-blocks of eight sub-blocks of 32 with 6-bit scales: 5.5 bits per weight. Bit-exact with GGUF type 13.
#include "formats/format.h"
#include "formats/super_block.h"

namespace tightrope::formats {
namespace {

using Block = BlockQ5K;
constexpr std::size_t kSubBlocks = 8, kSubBlock = 32;
constexpr int kLevels = 31, kScaleLevels = 63;
constexpr AffineGrid kPlainGrid{kLevels, -0.5f, 0.1f, 15, false};

void plain_weights(std::span<const float> part, float* weights) {
  const float deviation = std::sqrt(sum_of_squares(part) / static_cast<float>(kSubBlock));
  for (std::size_t i = 0; i < part.size(); ++i) weights[i] = deviation + std::fabs(part[i]);
}

Block encode(SuperBlock x, const float* importance) {
  std::uint8_t codes[kSuperBlock]{};
  const float spread = 2 * sum_of_squares(x) / static_cast<float>(kSuperBlock);
  const auto scales = importance ? weighted_scales<kSubBlocks>(x, importance, spread, kLevels, kScaleLevels, codes)
                                 : plain_scales<kSubBlocks>(x, plain_weights, kPlainGrid, kScaleLevels, codes);
  requantise(x, scales, kLevels, codes);
  Block block{scales.scale, scales.minimum, {}, {}, {}};
  pack_scales6(scales.scales, scales.minimums, block.scales6);
  pack_bit_of_256(codes, 4, block.high);
  pack_nibbles_of_256(codes, block.nibbles);
  return block;
}

void decode(const Block& block, std::span<float, kSuperBlock> x) {
  const float scale = to_f32(block.scale), minimum = to_f32(block.minimum);
  for (std::size_t i = 0; i < kSuperBlock; ++i) {
    const ScaleMinimum sub = unpack_scale6(block.scales6, i / kSubBlock);
    const int code = unpack_nibble_of_256(block.nibbles, i) | unpack_bit_of_256(block.high, i) << 4;
    x[i] = scale * static_cast<float>(sub.scale) * static_cast<float>(code) - minimum * static_cast<float>(sub.minimum);
  }
}

}  // namespace

extern const Format q5_k;
constinit const Format q5_k =
    make_format<Block, kSuperBlock, encode, decode>({.name = "q5_k",
                                                     .summary = "5 bits, super-blocks of 256 with 6-bit scales and minimums",
                                                     .gguf_type = 13,
                                                     .gguf_file_type = 17,
                                                     .max_rms_error = 0.04f,
                                                     .uses_importance = true,
                                                     .fallback = "q5_1"});

}  // namespace tightrope::formats
