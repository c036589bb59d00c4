// 8-bit symmetric, 32 weights per block, one f16 scale: 8.5 bits per weight. Bit-exact with GGUF type 8.
#include <algorithm>
#include <cmath>

#include "formats/blocks.h"
#include "formats/format.h"
#include "formats/rounding.h"

namespace tightrope::formats {
namespace {

// The scale follows from the largest magnitude alone, so importance changes nothing. Rounds half away from zero, unlike the K formats.
BlockQ8_0 encode(std::span<const float, kBlock> weights, const float*) {
  float largest = 0;
  for (const float weight : weights) largest = std::max(largest, std::fabs(weight));
  const float scale = largest / 127.0f;
  const float inverse = inverse_or_zero(scale);
  BlockQ8_0 block{finite_f16(scale), {}};
  for (std::size_t i = 0; i < kBlock; ++i) block.codes[i] = static_cast<std::int8_t>(std::round(weights[i] * inverse));
  return block;
}

void decode(const BlockQ8_0& block, std::span<float, kBlock> weights) {
  const float scale = to_f32(block.scale);
  for (std::size_t i = 0; i < kBlock; ++i) weights[i] = scale * static_cast<float>(block.codes[i]);
}

}  // namespace

extern const Format q8_0;
constinit const Format q8_0 = make_format<BlockQ8_0, kBlock, encode, decode>({.name = "q8_0",
                                                                              .summary = "8 bits, blocks of 32 with an f16 scale",
                                                                              .gguf_type = 8,
                                                                              .gguf_file_type = 7,
                                                                              .max_rms_error = 0.006f,
                                                                              .reencodes_exactly = true});

}  // namespace tightrope::formats
