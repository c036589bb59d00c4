// IQ4_NL: nibbles, each the place of a level.
#include "kernels/cpu/packed/bits.h"

namespace tightrope::kernels::packed {
namespace {

using Block = formats::BlockIQ4NL;

void unpack(const Block& block, Unpacked& to) { unpack_nibbles(block.nibbles, to.codes); }

}  // namespace

constinit const PackedFormat iq4_nl = packing<layouts::iq4_nl, Block, unpack>(formats::iq4_nl);

}  // namespace tightrope::kernels::packed
