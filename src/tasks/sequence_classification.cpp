// Sequence classification: the likeliest labels of a text.
#include <algorithm>

#include "tasks/task.h"

namespace tightrope::tasks {
namespace {

// Labels that exclude each other share one probability; of several that may hold together each has its own.
std::vector<double> scores_of(const Answering& answering) {
  const std::string& problem = answering.model.config().problem_type;
  std::vector<double> logits(answering.output.begin(), answering.output.end());
  if (answering.raw || problem == "regression") return logits;
  if (problem != "multi_label_classification") return softmax(answering.output);
  std::transform(logits.begin(), logits.end(), logits.begin(), sigmoid);
  return logits;
}

std::vector<Finding> find(const Answering& answering) {
  const std::vector<double> scores = scores_of(answering);
  std::vector<Finding> findings;
  for (const std::size_t i : largest(scores, answering.top_k)) findings.push_back({answering.model.config().labels.at(i), scores[i]});
  return findings;
}

}  // namespace

extern const Task sequence_classification;
constinit const Task sequence_classification = {
    .name = "sequence classification", .head = model::HeadSpec::Kind::sequence, .key = "labels", .pairs = Pairs::perhaps, .find = find};

}  // namespace tightrope::tasks
