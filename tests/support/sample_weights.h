// Weights to try encoders on: ordinary ones of several distributions, and the nasty ones.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace tightrope::tests {

// Kinds 0…kOrdinaryKinds-1 look like weights of models; those up to kSampleKinds are extreme (all zero, one spike, subnormal, near the
// largest float, huge range, signed zeros).
inline constexpr int kOrdinaryKinds = 8;
inline constexpr int kSampleKinds = 18;
std::string_view sample_name(int kind);

// The same numbers for the same arguments on every machine.
std::vector<float> sample_weights(int kind, std::size_t count, std::uint64_t seed);
// Positive weights of widely varying size.
std::vector<float> sample_importance(std::size_t count, std::uint64_t seed);

}  // namespace tightrope::tests
