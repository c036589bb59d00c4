// Q4_K: nibbles; scales and minimums of sub-blocks have 6 bits.
#include "kernels/cpu/packed/bits.h"

namespace tightrope::kernels::packed {
namespace {

using Block = formats::BlockQ4K;

void unpack(const Block& block, Unpacked& to) { unpack_affine(block, to); }

}  // namespace

constinit const PackedFormat q4_k = packing<layouts::q4_k, Block, unpack>(formats::q4_k);

}  // namespace tightrope::kernels::packed
