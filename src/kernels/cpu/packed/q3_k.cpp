// Q3_K: pairs of bits and a third; the scales of sub-blocks have 6 bits and a sign.
#include "kernels/cpu/packed/bits.h"

namespace tightrope::kernels::packed {
namespace {

using Block = formats::BlockQ3K;

void unpack(const Block& block, Unpacked& to) {
  unpack_pairs(block.pairs, to.codes);
  add_bits(block.high, 2, to.codes);
  for (std::size_t j = 0; j < 16; ++j) to.subs[j] = static_cast<std::uint8_t>(formats::unpack_scale6_of_16(block.scales6, j) - 32);
}

}  // namespace

constinit const PackedFormat q3_k = packing<layouts::q3_k, Block, unpack>(formats::q3_k);

}  // namespace tightrope::kernels::packed
