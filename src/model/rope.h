// What GGUF writes of RoPE scaling in place of its parameters.
#pragma once

#include <vector>

#include "model/config.h"

namespace tightrope::model {

// YaRN's magnitude when no attention factor is given.
double default_yarn_magnitude(double factor);

// What llama3's scaling divides each frequency by: [head / 2], as GGUF's rope_freqs holds them.
std::vector<float> llama3_divisors(const RopeConfig& rope, std::uint64_t head);

}  // namespace tightrope::model
