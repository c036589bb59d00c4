// 2-bit with minimums, super-blocks of 16 sub-blocks of 16 with 4-bit scales: 2.625 bits per weight. Bit-exact with GGUF type 10.
#include "formats/format.h"
#include "formats/super_block.h"

namespace tightrope::formats {
namespace {

using Block = BlockQ2K;
constexpr std::size_t kSubBlocks = 16, kSubBlock = 16;
constexpr int kLevels = 3, kScaleLevels = 15;
constexpr AffineGrid kPlainGrid{kLevels, -0.5f, 0.1f, 15, true};
using Scales = AffineScales<kSubBlocks>;

Block pack(SuperBlock x, const Scales& scales, std::uint8_t* codes) {
  Block block{{}, {}, scales.scale, scales.minimum};
  const float scale = to_f32(scales.scale), minimum = to_f32(scales.minimum);
  for (std::size_t j = 0; j < kSubBlocks; ++j) {
    block.scales[j] = static_cast<std::uint8_t>(scales.scales[j] | scales.minimums[j] << 4);
    requantise(x.subspan(kSubBlock * j, kSubBlock), scale * scales.scales[j], minimum * scales.minimums[j], 0, kLevels,
               codes + kSubBlock * j);
  }
  pack_pairs(codes, block.pairs);
  return block;
}

Block encode_plain(SuperBlock x) {
  std::array<AffineFit, kSubBlocks> fits;
  std::uint8_t codes[kSuperBlock];
  for (std::size_t j = 0; j < kSubBlocks; ++j) {
    const auto part = x.subspan(kSubBlock * j, kSubBlock);
    float weights[kSubBlock];
    for (std::size_t i = 0; i < kSubBlock; ++i) weights[i] = std::fabs(part[i]);
    fits[j] = fit_affine(part, weights, codes + kSubBlock * j, kPlainGrid);
  }
  return pack(x, round_scales(fits, kScaleLevels), codes);
}

Block encode_weighted(SuperBlock x, const float* importance) {
  std::array<AffineFit, kSubBlocks> fits;
  std::uint8_t codes[kSuperBlock];
  float sums[kSubBlocks];
  const float spread = sum_of_squares(x) / static_cast<float>(kSuperBlock);
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
                                                     .fallback = "q4_0"});

}  // namespace tightrope::formats
