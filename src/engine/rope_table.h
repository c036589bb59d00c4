// Cosines and sines of every position a run has reached.
#pragma once

#include <cmath>

#include "kernels/aligned.h"
#include "model/config.h"

namespace tightrope::engine {

class RopeTable {
 public:
  explicit RopeTable(const model::Config& config) : frequencies_(model::rope_frequencies(config)), half_(frequencies_.inverse.size()) {}

  // Makes positions [0, count) ready. Not thread-safe; the getters are.
  void extend(std::size_t count) {
    for (std::size_t position = half_ == 0 ? count : cosine_.size() / half_; position < count; ++position) append(position);
  }
  const float* cosine(std::size_t position) const { return cosine_.data() + position * half_; }  // [head / 2]
  const float* sine(std::size_t position) const { return sine_.data() + position * half_; }

 private:
  // The angle is rounded to single precision before the cosine is taken: models were trained so.
  void append(std::size_t position) {
    for (const float inverse : frequencies_.inverse) {
      const float angle = static_cast<float>(position) * inverse;
      cosine_.push_back(std::cos(angle) * frequencies_.magnitude);
      sine_.push_back(std::sin(angle) * frequencies_.magnitude);
    }
  }

  model::RopeFrequencies frequencies_;
  std::size_t half_;
  kernels::AlignedFloats cosine_, sine_;  // [positions, head / 2]
};

}  // namespace tightrope::engine
