// What GGUF writes of RoPE scaling in place of its parameters.
#pragma once

#include <vector>

#include "model/config.h"

namespace tightrope::model {

// YaRN's magnitude when no attention factor is given.
double default_yarn_magnitude(double factor);

// Longrope's magnitude when no attention factor is given: the context has grown by `growth` from `original` tokens.
double default_longrope_magnitude(double growth, std::uint64_t original);

// What llama3's scaling divides each frequency by: [dimensions / 2], as GGUF's rope_freqs holds them.
std::vector<float> llama3_divisors(const RopeConfig& rope, std::uint64_t dimensions);

}  // namespace tightrope::model
