// Q4_1: nibbles, with a minimum.
#include "kernels/cpu/packed/bits.h"

namespace tightrope::kernels::packed {
namespace {

using Block = formats::BlockQ4_1;

void unpack(const Block& block, Unpacked& to) { unpack_nibbles(block.nibbles, to.codes); }

}  // namespace

constinit const PackedFormat q4_1 = packing<layouts::q4_1, Block, unpack>(formats::q4_1);

}  // namespace tightrope::kernels::packed
