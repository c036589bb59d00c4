// 3-bit symmetric, super-blocks of 16 sub-blocks of 16 with 6-bit scales: 3.4375 bits per weight. Bit-exact with GGUF type 11.
#include "formats/format.h"
#include "formats/super_block.h"

namespace tightrope::formats {
namespace {

using Block = BlockQ3K;
constexpr std::size_t kSubBlocks = 16, kSubBlock = 16;
constexpr int kHalf = 4, kScaleHalf = 32;  // x = scale * (sub-block scale - kScaleHalf) * (code - kHalf)

// `scales` are codes 0…63.
Block pack(SuperBlock x, f16 scale, const std::uint8_t* scales, std::uint8_t* codes) {
  Block block{{}, {}, {}, scale};
  pack_scales6(scales, block.scales6);
  for (std::size_t j = 0; j < kSubBlocks; ++j)
    requantise(x.subspan(kSubBlock * j, kSubBlock), to_f32(scale) * static_cast<float>(scales[j] - kScaleHalf), 0, -kHalf, kHalf - 1,
               codes + kSubBlock * j);
  pack_bit_of_256(codes, 2, block.high);
  pack_pairs(codes, block.pairs);
  return block;
}

Block encode_plain(SuperBlock x) {
  std::uint8_t codes[kSuperBlock]{}, scale_codes[kSubBlocks]{};
  float scales[kSubBlocks];
  for (std::size_t j = 0; j < kSubBlocks; ++j)
    scales[j] = fit_symmetric_descent(x.subspan(kSubBlock * j, kSubBlock), codes + kSubBlock * j, kHalf);
  const float extreme = extreme_of(scales);
  if (extreme == 0) return pack(x, f16{0}, scale_codes, codes);  // scale codes 0, not kScaleHalf: the reference leaves the bytes zero
  const float inverse = static_cast<float>(-kScaleHalf) / extreme;
  for (std::size_t j = 0; j < kSubBlocks; ++j)
    scale_codes[j] = static_cast<std::uint8_t>(nearest_code(inverse * scales[j], -kScaleHalf, kScaleHalf - 1) + kScaleHalf);
  return pack(x, finite_f16(1 / inverse), scale_codes, codes);
}

Block encode_weighted(SuperBlock x, const float* importance) {
  std::uint8_t codes[kSuperBlock]{}, scale_codes[kSubBlocks]{};
  float scales[kSubBlocks], sums[kSubBlocks];
  const float spread = 2 * sum_of_squares(x) / static_cast<float>(kSuperBlock);
  for (std::size_t j = 0; j < kSubBlocks; ++j) {
    const auto part = x.subspan(kSubBlock * j, kSubBlock);
    float weights[kSubBlock]{};
    sums[j] = importance_weights(part, importance + kSubBlock * j, spread, weights);
    scales[j] = fit_symmetric(part, weights, codes + kSubBlock * j, kHalf);
  }
  const float scale = fit_symmetric(scales, sums, scale_codes, kScaleHalf);
  return pack(x, finite_f16(scale), scale_codes, codes);
}

Block encode(SuperBlock x, const float* importance) { return importance ? encode_weighted(x, importance) : encode_plain(x); }

void decode(const Block& block, std::span<float, kSuperBlock> x) {
  const float scale = to_f32(block.scale);
  for (std::size_t i = 0; i < kSuperBlock; ++i) {
    const int sub = unpack_scale6_of_16(block.scales6, i / kSubBlock) - kScaleHalf;
    const int code = (unpack_pair(block.pairs, i) | unpack_bit_of_256(block.high, i) << 2) - kHalf;
    x[i] = scale * static_cast<float>(sub) * static_cast<float>(code);
  }
}

}  // namespace

extern const Format q3_k;
constinit const Format q3_k = make_format<Block, kSuperBlock, encode, decode>({.name = "q3_k",
                                                                               .summary = "3 bits, super-blocks of 256 with 6-bit scales",
                                                                               .gguf_type = 11,
                                                                               .gguf_file_type = 12,
                                                                               .max_rms_error = 0.2f,
                                                                               .uses_importance = true,
                                                                               .fallback = "q4_0"});

}  // namespace tightrope::formats
