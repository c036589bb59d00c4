// 4-bit symmetric, 32 weights per block, one f16 scale: 4.5 bits per weight. Bit-exact with GGUF type 2.
#include "formats/format.h"
#include "formats/nibbles.h"

namespace tightrope::formats {
namespace {

using Block = BlockQ4_0;
constexpr int kHalf = 8;  // x = scale * (code - kHalf)

void decode(const Block& block, std::span<float, kBlock> weights) {
  const float scale = to_f32(block.scale);
  for (std::size_t i = 0; i < kBlock; ++i) {
    const int code = nibble_code(block.nibbles, i);
    weights[i] = scale * static_cast<float>(code - kHalf);
  }
}

Block pack(float scale, const std::uint8_t* codes) {
  Block block{finite_f16(scale), {}};
  pack_nibbles(codes, block.nibbles);
  return block;
}

Block encode(std::span<const float, kBlock> weights, const float* importance) {
  std::uint8_t codes[kBlock]{};
  const Block plain = pack(round_symmetric(weights, codes, kHalf), codes);
  if (importance == nullptr) return plain;
  const float scale = fit_symmetric(weights, importance_weights(weights, importance).data(), codes, kHalf);
  return better_of(plain, pack(scale, codes), decode, weights, importance);
}

}  // namespace

extern const Format q4_0;
constinit const Format q4_0 = make_format<Block, kBlock, encode, decode>({.name = "q4_0",
                                                                          .summary = "4 bits, blocks of 32 with an f16 scale",
                                                                          .gguf_type = 2,
                                                                          .gguf_file_type = 2,
                                                                          .max_rms_error = 0.1f,
                                                                          .uses_importance = true,
                                                                          .reencodes_exactly = true});

}  // namespace tightrope::formats
