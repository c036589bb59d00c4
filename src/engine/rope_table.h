// Cosines and sines of every position a run has reached, for each set of frequencies in use.
#pragma once

#include <cmath>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "kernels/aligned.h"
#include "model/config.h"

namespace tightrope::engine {

class RopeTable {
 public:
  explicit RopeTable(model::RopeFrequencies frequencies) : frequencies_(std::move(frequencies)), half_(frequencies_.inverse.size()) {}

  bool is_of(const model::RopeFrequencies& frequencies) const {
    return frequencies.inverse == frequencies_.inverse && frequencies.magnitude == frequencies_.magnitude;
  }
  // Makes positions [0, count) ready. Not thread-safe; the getters are.
  void extend(std::size_t count) {
    for (std::size_t position = half_ == 0 ? count : cosine_.size() / half_; position < count; ++position) append(position);
  }
  std::size_t dimensions() const { return 2 * half_; }
  const float* cosine(std::size_t position) const { return cosine_.data() + position * half_; }  // [dimensions / 2]
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
  kernels::AlignedFloats cosine_, sine_;  // [positions, dimensions / 2]
};

// The tables of one RoPE. Where its frequencies depend on how long a text is, each text of a batch may need another table.
class RopeTables {
 public:
  RopeTables(const model::RopeConfig& rope, const model::Config& config)
      : rope_(rope), dimensions_(config.rope_dimensions == 0 ? config.head : config.rope_dimensions), context_(config.context) {}

  // The table for a text of `length` tokens, ready for all of its positions; valid until the next begin().
  const RopeTable& of(std::uint64_t length) {
    const model::RopeFrequencies frequencies = frequencies_of(length);
    RopeTable* found = nullptr;
    for (const std::unique_ptr<RopeTable>& table : tables_)
      if (table->is_of(frequencies)) found = table.get();
    if (found == nullptr) found = tables_.emplace_back(std::make_unique<RopeTable>(frequencies)).get();
    found->extend(length);
    return *found;
  }
  bool same(std::uint64_t length, std::uint64_t other) const {
    return !model::rope_depends_on_length(rope_) || RopeTable(frequencies_of(length)).is_of(frequencies_of(other));
  }
  // A new batch: forgets tables that are unlikely to be needed again.
  void begin() {
    if (tables_.size() > kKept) tables_.clear();
  }

 private:
  static constexpr std::size_t kKept = 4;

  model::RopeFrequencies frequencies_of(std::uint64_t length) const {
    return model::rope_frequencies(rope_, dimensions_, context_, length);
  }

  model::RopeConfig rope_;
  std::uint64_t dimensions_, context_;
  std::vector<std::unique_ptr<RopeTable>> tables_;
};

// Both RoPEs of a model: of blocks that see everything, and of windowed ones.
struct Rotations {
  explicit Rotations(const model::Config& config) : global(config.rope, config), local(config.local_rope.value_or(config.rope), config) {}

  RopeTables global, local;
};

}  // namespace tightrope::engine
