// 6-bit symmetric, super-blocks of 16 sub-blocks of 16 with 8-bit scales: 6.5625 bits per weight. Bit-exact with GGUF type 14.
#include "formats/format.h"
#include "formats/super_block.h"

namespace tightrope::formats {
namespace {

using Block = BlockQ6K;
constexpr std::size_t kSubBlocks = 16, kSubBlock = 16;
constexpr int kHalf = 32;  // x = scale * sub-block scale * (code - kHalf)

Block encode(SuperBlock x, const float* importance) {
  std::uint8_t codes[kSuperBlock]{};
  float scales[kSubBlocks];
  for (std::size_t j = 0; j < kSubBlocks; ++j) {
    const auto part = x.subspan(kSubBlock * j, kSubBlock);
    float weights[kSubBlock]{};
    for (std::size_t i = 0; i < kSubBlock; ++i) weights[i] = importance ? importance[kSubBlock * j + i] : part[i] * part[i];
    scales[j] = fit_symmetric(part, weights, codes + kSubBlock * j, kHalf);
  }
  const float extreme = extreme_of(scales);
  if (std::fabs(extreme) < kNegligible) return Block{};
  const float inverse = -128.0f / extreme;
  Block block{{}, {}, {}, finite_f16(1 / inverse)};
  for (std::size_t j = 0; j < kSubBlocks; ++j) {
    block.scales[j] = static_cast<std::int8_t>(nearest_code(inverse * scales[j], -128, 127));
    requantise(x.subspan(kSubBlock * j, kSubBlock), to_f32(block.scale) * static_cast<float>(block.scales[j]), 0, -kHalf, kHalf - 1,
               codes + kSubBlock * j);
  }
  pack_sextets(codes, block.nibbles, block.high);
  return block;
}

void decode(const Block& block, std::span<float, kSuperBlock> x) {
  const float scale = to_f32(block.scale);
  for (std::size_t i = 0; i < kSuperBlock; ++i) {
    const int code = unpack_sextet(block.nibbles, block.high, i) - kHalf;
    const std::int8_t sub = block.scales[i / kSubBlock];
    x[i] = scale * static_cast<float>(sub) * static_cast<float>(code);
  }
}

}  // namespace

extern const Format q6_k;
constinit const Format q6_k = make_format<Block, kSuperBlock, encode, decode>({.name = "q6_k",
                                                                               .summary = "6 bits, super-blocks of 256 with 8-bit scales",
                                                                               .gguf_type = 14,
                                                                               .gguf_file_type = 18,
                                                                               .max_rms_error = 0.02f,
                                                                               .uses_importance = true,
                                                                               .fallback = "q8_0"});

}  // namespace tightrope::formats
