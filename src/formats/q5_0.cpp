// 5-bit symmetric, 32 weights per block, one f16 scale: 5.5 bits per weight. Bit-exact with GGUF type 6.
#include "formats/format.h"
#include "formats/nibbles.h"

namespace tightrope::formats {
namespace {

using Block = BlockQ5_0;
constexpr int kHalf = 16;  // x = scale * (code - kHalf)

void decode(const Block& block, std::span<float, kBlock> weights) {
  const float scale = to_f32(block.scale);
  for (std::size_t i = 0; i < kBlock; ++i) {
    const int code = nibble_code(block.nibbles, i) | fifth_bit(block.high, i);
    weights[i] = scale * static_cast<float>(code - kHalf);
  }
}

Block pack(float scale, const std::uint8_t* codes) {
  Block block{finite_f16(scale), {}, {}};
  pack_nibbles(codes, block.nibbles);
  pack_fifth_bits(codes, block.high);
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

extern const Format q5_0;
constinit const Format q5_0 = make_format<Block, kBlock, encode, decode>({.name = "q5_0",
                                                                          .summary = "5 bits, blocks of 32 with an f16 scale",
                                                                          .gguf_type = 6,
                                                                          .gguf_file_type = 8,
                                                                          .max_rms_error = 0.05f,
                                                                          .uses_importance = true,
                                                                          .reencodes_exactly = true});

}  // namespace tightrope::formats
