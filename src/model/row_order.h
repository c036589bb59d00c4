// The order of query and key rows: Hugging Face's halves, GGUF's pairs.
#pragma once

#include "model/arch.h"
#include "model/weight.h"

namespace tightrope::model {

// `head` is even. For a head of 4 the rows a b c d (halves: a turns with c) are a c b d in a GGUF.
Weight to_gguf_rows(const Weight& weight, GgufRows order, std::uint64_t head);
Weight from_gguf_rows(const Weight& weight, GgufRows order, std::uint64_t head);

}  // namespace tightrope::model
