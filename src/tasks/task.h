// What a head is for: one row a task, one file a row.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "model/model.h"
#include "tasks/tokenize.h"
#include "tightrope/tasks.h"

namespace tightrope::tasks {

enum class Pairs : std::uint8_t { never, perhaps, always };

// What a task looks at for one input.
struct Answering {
  const model::Model& model;
  const TextInput& input;
  const text::Encoding& tokens;
  std::span<const float> output;  // as InputResult
  std::uint64_t top_k = 0;
  bool raw = false;
};

struct Task {
  std::string_view name = {};
  model::HeadSpec::Kind head = {};
  bool one_label = false;     // of the rows of a head, the one for models with a single label
  std::string_view key = {};  // of the findings in JSON
  bool single_score = false;  // the key holds a number, not a list of findings
  Pairs pairs = Pairs::never;
  Shortened shortened = Shortened::longest;
  std::uint64_t usual_top_k = 1;
  std::vector<Finding> (*find)(const Answering& answering) = nullptr;
};

std::span<const Task* const> all_tasks();
// What the model's head is for. Errors: unsupported.
const Task& task_of(const model::Model& model);

// exp(x) / Σ exp(x)
std::vector<double> softmax(std::span<const float> logits);
double sigmoid(double logit);
// Indices of the `count` largest, largest first; the earlier of equals first.
std::vector<std::size_t> largest(std::span<const double> values, std::uint64_t count);
// The part of a text from one token to another, both included.
Finding::Part part_of(std::string_view text, const text::Encoding& tokens, std::size_t first, std::size_t last);

}  // namespace tightrope::tasks
