// Q5_1: nibbles and a fifth bit, with a minimum.
#include "kernels/cpu/packed/bits.h"

namespace tightrope::kernels::packed {
namespace {

using Block = formats::BlockQ5_1;

void unpack(const Block& block, Unpacked& to) {
  unpack_nibbles(block.nibbles, to.codes);
  unpack_fifth(block.high, to.codes);
}

}  // namespace

constinit const PackedFormat q5_1 = packing<layouts::q5_1, Block, unpack>(formats::q5_1);

}  // namespace tightrope::kernels::packed
