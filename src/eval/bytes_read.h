// How many bytes of weights the engine reads to make one token.
#pragma once

#include <cstdint>

#include "engine/engine.h"

namespace tightrope::eval {

// Engine::bytes_per_token counts the weights as the file holds them; what the engine packs it reads in the packed form. An
// exact one packs floats alone.
std::uint64_t packed_bytes_per_token(const engine::Engine& engine, bool exact);

}  // namespace tightrope::eval
