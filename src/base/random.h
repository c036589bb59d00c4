// Random numbers that are the same on every platform for a seed.
#pragma once

#include <cstdint>
#include <random>

namespace tightrope {

class Random {
 public:
  explicit Random(std::uint64_t seed) : generator_(seed) {}
  std::uint64_t next() { return generator_(); }
  // In [0, 1), 53 random bits.
  double uniform() { return static_cast<double>(generator_() >> 11) * 0x1p-53; }
  // In [0, bound); bound > 0. Bias below bound / 2^64.
  std::uint64_t below(std::uint64_t bound) { return generator_() % bound; }
  // Mean 0, deviation 1 (Box-Muller, one of the pair).
  double normal();

 private:
  std::mt19937_64 generator_;  // its sequence is fixed by the standard; the standard's distributions are not, so none is used
};

}  // namespace tightrope
