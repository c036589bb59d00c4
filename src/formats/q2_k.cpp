// 2-bit with minimums, super-blocks of 16 sub-blocks of 16 with 4-bit scales: 2.625 bits per weight. Bit-exact with GGUF type 10.
#include "formats/format.h"
#include "formats/super_block.h"

namespace tightrope::formats {
namespace {

using Block = BlockQ2K;
constexpr std::size_t kSubBlocks = 16, kSubBlock = 16;
constexpr int kLevels = 3, kScaleLevels = 15;
constexpr AffineGrid kPlainGrid{kLevels, -0.5f, 0.1f, 15, true};

void plain_weights(std::span<const float> part, float* weights) {
  for (std::size_t i = 0; i < part.size(); ++i) weights[i] = std::fabs(part[i]);
}

Block encode(SuperBlock x, const float* importance) {
  std::uint8_t codes[kSuperBlock]{};
  const float spread = sum_of_squares(x) / static_cast<float>(kSuperBlock);
  const auto scales = importance ? weighted_scales<kSubBlocks>(x, importance, spread, kLevels, kScaleLevels, codes)
                                 : plain_scales<kSubBlocks>(x, plain_weights, kPlainGrid, kScaleLevels, codes);
  requantise(x, scales, kLevels, codes);
  Block block{{}, {}, scales.scale, scales.minimum};
  for (std::size_t j = 0; j < kSubBlocks; ++j) block.scales[j] = static_cast<std::uint8_t>(scales.scales[j] | scales.minimums[j] << 4);
  pack_pairs(codes, block.pairs);
  return block;
}

void decode(const Block& block, std::span<float, kSuperBlock> x) {
  const float scale = to_f32(block.scale), minimum = to_f32(block.minimum);
  for (std::size_t i = 0; i < kSuperBlock; ++i) {
    const std::uint8_t sub = block.scales[i / kSubBlock];
    const int code = unpack_pair(block.pairs, i);
    x[i] = scale * static_cast<float>(sub & 15) * static_cast<float>(code) - minimum * static_cast<float>(sub >> 4);
  }
}

}  // namespace

extern const Format q2_k;
constinit const Format q2_k =
    make_format<Block, kSuperBlock, encode, decode>({.name = "q2_k",
                                                     .summary = "2 bits, super-blocks of 256 with 4-bit scales and minimums",
                                                     .gguf_type = 10,
                                                     .gguf_file_type = 10,
                                                     .max_rms_error = 0.33f,
                                                     .uses_importance = true,
                                                     .fallback = "q4_0"});

}  // namespace tightrope::formats
