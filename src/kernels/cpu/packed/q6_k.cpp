// Q6_K: nibbles and pairs of bits; the scales of sub-blocks are signed bytes.
#include "kernels/cpu/packed/bits.h"

namespace tightrope::kernels::packed {
namespace {

using Block = formats::BlockQ6K;

void unpack(const Block& block, Unpacked& to) {
  for (std::size_t h = 0; h < 2; ++h)
    for (std::size_t l = 0; l < 64; ++l) {
      to.codes[128 * h + l] = block.nibbles[64 * h + l] & 15;
      to.codes[128 * h + 64 + l] = block.nibbles[64 * h + l] >> 4;
    }
  for (std::size_t h = 0; h < 2; ++h)
    for (std::size_t k = 0; k < 4; ++k)
      for (std::size_t l = 0; l < 32; ++l) {
        std::uint8_t& code = to.codes[128 * h + 32 * k + l];
        code = static_cast<std::uint8_t>(code | (block.high[32 * h + l] >> 2 * k & 3) << 4);
      }
  std::memcpy(to.subs, block.scales, sizeof to.subs);
}

}  // namespace

constinit const PackedFormat q6_k = packing<layouts::q6_k, Block, unpack>(formats::q6_k);

}  // namespace tightrope::kernels::packed
