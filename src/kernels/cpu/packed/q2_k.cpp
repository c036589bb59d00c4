// Q2_K: pairs of bits; scale and minimum of a sub-block share a byte.
#include "kernels/cpu/packed/bits.h"

namespace tightrope::kernels::packed {
namespace {

using Block = formats::BlockQ2K;

void unpack(const Block& block, Unpacked& to) {
  unpack_pairs(block.pairs, to.codes);
  std::memcpy(to.subs, block.scales, sizeof to.subs);
}

}  // namespace

constinit const PackedFormat q2_k = packing<layouts::q2_k, Block, unpack>(formats::q2_k);

}  // namespace tightrope::kernels::packed
