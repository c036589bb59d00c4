// Q4_0: nibbles.
#include "kernels/cpu/packed/bits.h"

namespace tightrope::kernels::packed {
namespace {

using Block = formats::BlockQ4_0;

void unpack(const Block& block, Unpacked& to) { unpack_nibbles(block.nibbles, to.codes); }

}  // namespace

constinit const PackedFormat q4_0 = packing<layouts::q4_0, Block, unpack>(formats::q4_0);

}  // namespace tightrope::kernels::packed
