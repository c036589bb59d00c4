// Q8_0: signed bytes, kept as unsigned ones.
#include "kernels/cpu/packed/pack.h"

namespace tightrope::kernels::packed {
namespace {

using Block = formats::BlockQ8_0;

void unpack(const Block& block, Unpacked& to) {
  for (std::size_t i = 0; i < formats::kBlock; ++i) to.codes[i] = static_cast<std::uint8_t>(block.codes[i] + 128);
}

}  // namespace

constinit const PackedFormat q8_0 = packing<layouts::q8_0, Block, unpack>(formats::q8_0);

}  // namespace tightrope::kernels::packed
