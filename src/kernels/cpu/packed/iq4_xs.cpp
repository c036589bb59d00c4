// IQ4_XS: nibbles, each the place of a level; the scales of sub-blocks become signed bytes.
#include "kernels/cpu/packed/bits.h"

namespace tightrope::kernels::packed {
namespace {

using Block = formats::BlockIQ4XS;

void unpack(const Block& block, Unpacked& to) {
  for (std::size_t j = 0; j < formats::kUnevenSubBlocks; ++j) {
    unpack_nibbles(block.nibbles + 16 * j, to.codes + formats::kBlock * j);
    to.subs[j] = static_cast<std::uint8_t>(formats::unpack_uneven_scale(block, j) - formats::kUnevenScaleHalf);
  }
}

}  // namespace

constinit const PackedFormat iq4_xs = packing<layouts::iq4_xs, Block, unpack>(formats::iq4_xs);

}  // namespace tightrope::kernels::packed
