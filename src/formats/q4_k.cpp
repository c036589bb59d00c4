// 4-bit with minimums, super-blocks of eight sub-blocks of 32 with 6-bit scales: 4.5 bits per weight. Bit-exact with GGUF type 12.
#include "formats/format.h"
#include "formats/super_block.h"

namespace tightrope::formats {
namespace {

using Block = BlockQ4K;
constexpr std::size_t kSubBlocks = 8, kSubBlock = 32;
constexpr int kLevels = 15, kScaleLevels = 63;
constexpr AffineGrid kPlainGrid{kLevels, -1.0f, 0.1f, 20, false};

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
  Block block{scales.scale, scales.minimum, {}, {}};
  pack_scales6(scales.scales, scales.minimums, block.scales6);
  pack_nibbles_of_256(codes, block.nibbles);
  return block;
}

void decode(const Block& block, std::span<float, kSuperBlock> x) {
  const float scale = to_f32(block.scale), minimum = to_f32(block.minimum);
  for (std::size_t i = 0; i < kSuperBlock; ++i) {
    const ScaleMinimum sub = unpack_scale6(block.scales6, i / kSubBlock);
    const int code = unpack_nibble_of_256(block.nibbles, i);
    x[i] = scale * static_cast<float>(sub.scale) * static_cast<float>(code) - minimum * static_cast<float>(sub.minimum);
  }
}

}  // namespace

extern const Format q4_k;
constinit const Format q4_k =
    make_format<Block, kSuperBlock, encode, decode>({.name = "q4_k",
                                                     .summary = "4 bits, super-blocks of 256 with 6-bit scales and minimums",
                                                     .gguf_type = 12,
                                                     .gguf_file_type = 15,
                                                     .max_rms_error = 0.08f,
                                                     .uses_importance = true,
                                                     .fallback = "q5_0"});

}  // namespace tightrope::formats
