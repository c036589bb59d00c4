// 4-bit with uneven levels, 32 weights per block, one f16 scale: 4.5 bits per weight. Bit-exact with GGUF type 20.
#include "formats/format.h"
#include "formats/uneven_levels.h"

namespace tightrope::formats {
namespace {

using Block = BlockIQ4NL;

void decode(const Block& block, std::span<float, kBlock> weights) {
  const float scale = to_f32(block.scale);
  for (std::size_t i = 0; i < kBlock; ++i) weights[i] = scale * uneven_level(static_cast<std::size_t>(nibble_code(block.nibbles, i)));
}

Block encode(std::span<const float, kBlock> x, const float* importance) {
  float weights[kBlock];
  std::uint8_t codes[kBlock];
  uneven_weights(x, importance, uneven_spread(x), weights);
  const float scale = fit_uneven(x, weights);
  assign_uneven(x, scale, codes);
  Block block{finite_f16(scale), {}};
  pack_nibbles(codes, block.nibbles);
  return block;
}

}  // namespace

extern const Format iq4_nl;
constinit const Format iq4_nl =
    make_format<Block, kBlock, encode, decode>({.name = "iq4_nl",
                                                .summary = "4 bits with uneven levels, blocks of 32 with an f16 scale",
                                                .gguf_type = 20,
                                                .gguf_file_type = 25,
                                                .max_rms_error = 0.08f,
                                                .uses_importance = true});

}  // namespace tightrope::formats
