// Embeddings: how a model makes them, settled once, and making them.
#pragma once

#include <string>
#include <vector>

#include "engine/engine.h"
#include "tasks/sentence_settings.h"
#include "tightrope/progress.h"
#include "tightrope/tasks.h"

namespace tightrope::tasks {

struct EmbeddingPlan {
  std::vector<const Pooling*> poolings;
  bool normalize = false;
  std::string prompt;         // goes before each text
  std::uint64_t context = 0;  // tokens
  std::vector<std::string> notices;
};

// What the options ask for, else what the files say, else the mean. Errors: invalid_argument, unsupported.
EmbeddingPlan plan_embedding(const model::Model& model, const SentenceSettings& settings, const EmbedOptions& options);

std::uint64_t width_of(const EmbeddingPlan& plan, const model::Config& config);

std::vector<Embedding> embed(engine::Engine& engine, ThreadPool& threads, const EmbeddingPlan& plan, std::span<const std::string> texts,
                             const EncodeOptions& options, const Progress& progress);

}  // namespace tightrope::tasks
