// Q5_0: nibbles and a fifth bit.
#include "kernels/cpu/packed/bits.h"

namespace tightrope::kernels::packed {
namespace {

using Block = formats::BlockQ5_0;

void unpack(const Block& block, Unpacked& to) {
  unpack_nibbles(block.nibbles, to.codes);
  unpack_fifth(block.high, to.codes);
}

}  // namespace

constinit const PackedFormat q5_0 = packing<layouts::q5_0, Block, unpack>(formats::q5_0);

}  // namespace tightrope::kernels::packed
