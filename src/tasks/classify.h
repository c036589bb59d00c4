// Runs a task over inputs.
#pragma once

#include <vector>

#include "engine/engine.h"
#include "tasks/task.h"
#include "tightrope/progress.h"

namespace tightrope::tasks {

// Errors: invalid_argument (pairs missing or not expected; beyond the context).
std::vector<Classification> classify(engine::Engine& engine, ThreadPool& threads, const Task& task, std::span<const TextInput> inputs,
                                     const ClassifyOptions& options, const Progress& progress);

}  // namespace tightrope::tasks
