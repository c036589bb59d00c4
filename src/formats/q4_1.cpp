// 4-bit with a minimum, 32 weights per block, f16 scale and minimum: 5.0 bits per weight. Bit-exact with GGUF type 3.
#include "formats/format.h"
#include "formats/nibbles.h"

namespace tightrope::formats {
namespace {

using Block = BlockQ4_1;
constexpr int kLevels = 15;  // codes are 0…kLevels, x = scale * code + minimum

void decode(const Block& block, std::span<float, kBlock> weights) {
  const float scale = to_f32(block.scale), minimum = to_f32(block.minimum);
  for (std::size_t i = 0; i < kBlock; ++i) {
    const int code = nibble_code(block.nibbles, i);
    weights[i] = scale * static_cast<float>(code) + minimum;
  }
}

Block pack(const AffineFit& fit, const std::uint8_t* codes) {
  Block block{finite_f16(fit.scale), finite_f16(-fit.offset), {}};
  pack_nibbles(codes, block.nibbles);
  return block;
}

Block encode(std::span<const float, kBlock> weights, const float* importance) {
  std::uint8_t codes[kBlock]{};
  const Block plain = pack(round_affine(weights, codes, kLevels), codes);
  if (importance == nullptr) return plain;
  const AffineFit fit = fit_affine(weights, importance_weights(weights, importance).data(), codes, weighted_grid(kLevels));
  return better_of(plain, pack(fit, codes), decode, weights, importance);
}

}  // namespace

extern const Format q4_1;
constinit const Format q4_1 = make_format<Block, kBlock, encode, decode>({.name = "q4_1",
                                                                          .summary = "4 bits, blocks of 32 with f16 scale and minimum",
                                                                          .gguf_type = 3,
                                                                          .gguf_file_type = 3,
                                                                          .max_rms_error = 0.1f,
                                                                          .uses_importance = true,
                                                                          .reencodes_exactly = true});

}  // namespace tightrope::formats
