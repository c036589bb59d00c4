// Running a model on given ids and comparing with what another implementation computed.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "engine/engine.h"
#include "engine/generate.h"

namespace tightrope::parity {

// Largest absolute difference as a fraction of the largest expected magnitude.
inline double relative_difference(std::span<const float> got, std::span<const float> expected) {
  if (got.size() != expected.size()) return HUGE_VAL;
  double difference = 0, largest = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    difference = std::max(difference, std::fabs(static_cast<double>(got[i]) - static_cast<double>(expected[i])));
    largest = std::max(largest, std::fabs(static_cast<double>(expected[i])));
  }
  return difference / largest;
}

// Logits of every position of each text, which run as one batch.
inline std::vector<float> logits_of(engine::Engine& engine, std::span<const std::vector<text::TokenId>> texts) {
  std::vector<engine::Sequence> sequences;
  for (const auto& text : texts) sequences.push_back(engine.new_sequence(text.size()));
  std::vector<engine::Chunk> chunks;
  for (std::size_t i = 0; i < texts.size(); ++i) chunks.push_back({&sequences[i], texts[i], true});
  const std::span<const float> logits = engine.forward(chunks);
  return {logits.begin(), logits.end()};
}

// Argmax after argmax, whatever tokens end a text.
inline std::vector<text::TokenId> greedy(engine::Engine& engine, std::span<const text::TokenId> prompt, std::size_t steps) {
  engine::Sequence sequence = engine.new_sequence(prompt.size() + steps);
  std::vector<text::TokenId> result;
  std::span<const text::TokenId> fresh = prompt;
  result.reserve(steps);
  while (result.size() < steps) {
    const engine::Chunk chunk{.sequence = &sequence, .tokens = fresh};
    const std::span<const float> logits = engine.forward({&chunk, 1});
    result.push_back(static_cast<text::TokenId>(std::max_element(logits.begin(), logits.end()) - logits.begin()));
    fresh = std::span<const text::TokenId>(result).last(1);
  }
  return result;
}

}  // namespace tightrope::parity
