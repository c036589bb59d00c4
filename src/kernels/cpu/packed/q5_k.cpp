// Q5_K: nibbles and a fifth bit; scales and minimums of sub-blocks have 6 bits.
#include "kernels/cpu/packed/bits.h"

namespace tightrope::kernels::packed {
namespace {

using Block = formats::BlockQ5K;

void unpack(const Block& block, Unpacked& to) { unpack_affine(block, to); }

}  // namespace

constinit const PackedFormat q5_k = packing<layouts::q5_k, Block, unpack>(formats::q5_k);

}  // namespace tightrope::kernels::packed
