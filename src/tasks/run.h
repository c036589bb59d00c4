// Runs inputs through an engine in batches of similar length and hands out what it gives for each.
#pragma once

#include <functional>
#include <span>

#include "engine/engine.h"
#include "tasks/tokenize.h"
#include "tightrope/progress.h"

namespace tightrope::tasks {

// Of one input; valid during the call.
struct InputResult {
  std::span<const float> hidden;  // [tokens, model]
  std::span<const float> output;  // of the head: [labels] of a sequence head, [tokens, width] of the others; empty when not asked for
};

struct RunOptions {
  std::uint64_t batch_tokens = 4096;
  bool head = false;
};

using ResultSink = std::function<void(std::size_t index, const InputResult& result)>;

// Calls `sink` once for each input, in no particular order.
void run(engine::Engine& engine, std::span<const TokenizedInput> inputs, const RunOptions& options, const Progress& progress,
         const ResultSink& sink);

}  // namespace tightrope::tasks
