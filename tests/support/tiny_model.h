// Small random models made from a seed: all a test needs of a checkpoint, without a download.
#pragma once

#include <cstdint>
#include <string_view>

#include "model/model.h"

namespace tightrope::test {

// 2 blocks of width 32 with 4 heads of 8 (2 for keys and values), ffn 64, vocabulary 320, context 64.
model::Config tiny_config();

// The same for any family, with its own mechanisms switched on: factorised embeddings, bottlenecks, experts, windows, partial RoPE.
// `head` chooses one of the family's heads.
model::Config tiny_config(const model::Arch& arch, std::size_t head = 0);

// Weights are normal with a deviation of 0.05 (norms around 1) in `format`; the same bytes for the same seed everywhere.
model::Model tiny_model(const model::Arch& arch, const model::Config& config, std::uint64_t seed = 1, std::string_view format = "bf16");
inline model::Model tiny_model(const model::Arch& arch) { return tiny_model(arch, tiny_config(arch)); }

// Byte-level BPE: three special tokens, the 256 bytes, a few merges; fewer than tiny_config's vocabulary. BOS comes first.
text::TokenizerDefinition tiny_tokenizer();

}  // namespace tightrope::test
