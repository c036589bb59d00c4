// 5-bit with minimums, super-blocks of eight sub-blocks of 32 with 6-bit scales: 5.5 bits per weight. Bit-exact with GGUF type 13.
#include "formats/format.h"
#include "formats/super_block.h"

namespace tightrope::formats {
namespace {

using Block = BlockQ5K;
constexpr std::size_t kSubBlocks = 8, kSubBlock = 32;
constexpr int kLevels = 31, kScaleLevels = 63;
constexpr AffineGrid kPlainGrid{kLevels, -0.5f, 0.1f, 15, false};
using Scales = AffineScales<kSubBlocks>;

Block pack(SuperBlock x, const Scales& scales, std::uint8_t* codes) {
  Block block{scales.scale, scales.minimum, {}, {}, {}};
  pack_scales6(scales.scales, scales.minimums, block.scales6);
  const float scale = to_f32(scales.scale), minimum = to_f32(scales.minimum);
  for (std::size_t j = 0; j < kSubBlocks; ++j)
    requantise(x.subspan(kSubBlock * j, kSubBlock), scale * scales.scales[j], minimum * scales.minimums[j], 0, kLevels,
               codes + kSubBlock * j);
  pack_nibbles_of_256(codes, block.nibbles);
  pack_bit_of_256(codes, 4, block.high);
  return block;
}

Block encode_plain(SuperBlock x) {
  std::array<AffineFit, kSubBlocks> fits;
  std::uint8_t codes[kSuperBlock];
  for (std::size_t j = 0; j < kSubBlocks; ++j) {
    const auto part = x.subspan(kSubBlock * j, kSubBlock);
    const float deviation = std::sqrt(sum_of_squares(part) / static_cast<float>(kSubBlock));
    float weights[kSubBlock];
    for (std::size_t i = 0; i < kSubBlock; ++i) weights[i] = deviation + std::fabs(part[i]);
    fits[j] = fit_affine(part, weights, codes + kSubBlock * j, kPlainGrid);
  }
  return pack(x, round_scales(fits, kScaleLevels), codes);
}

Block encode_weighted(SuperBlock x, const float* importance) {
  std::array<AffineFit, kSubBlocks> fits;
  std::uint8_t codes[kSuperBlock];
  float sums[kSubBlocks];
  const float spread = 2 * sum_of_squares(x) / static_cast<float>(kSuperBlock);
  for (std::size_t j = 0; j < kSubBlocks; ++j) {
    const auto part = x.subspan(kSubBlock * j, kSubBlock);
    float weights[kSubBlock];
    sums[j] = importance_weights(part, importance + kSubBlock * j, spread, weights);
    fits[j] = fit_affine(part, weights, codes + kSubBlock * j, weighted_grid(kLevels));
  }
  return pack(x, fit_scales(fits, sums, kScaleLevels), codes);
}

Block encode(SuperBlock x, const float* importance) { return importance ? encode_weighted(x, importance) : encode_plain(x); }

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
                                                     .fallback = "q5_1"});

}  // namespace tightrope::formats
