// Token classification: neighbouring tokens of one label are one entity, as transformers' aggregation "simple" joins them.
#include <string>

#include "tasks/task.h"

namespace tightrope::tasks {
namespace {

// "B-PER" begins a "PER", "I-PER" goes on with one; a label without either goes on with itself.
struct Tag {
  bool begins = false;
  std::string_view kind;
};
Tag tag_of(std::string_view label) {
  if (label.starts_with("B-")) return {true, label.substr(2)};
  return {false, label.starts_with("I-") ? label.substr(2) : label};
}

struct Entity {
  std::string_view kind;
  std::size_t first = 0, last = 0;  // tokens
  double sum = 0;                   // of their scores
  std::size_t tokens = 0;
};

constexpr std::string_view kOutside = "O";

std::vector<Entity> entities_of(const Answering& answering) {
  const std::vector<std::string>& labels = answering.model.config().labels;
  std::vector<Entity> entities;
  for (std::size_t t = 0; t < answering.tokens.ids.size(); ++t) {
    if (answering.tokens.sequences[t] < 0) continue;
    const std::vector<double> scores = softmax(answering.output.subspan(t * labels.size(), labels.size()));
    const std::size_t best = largest(scores, 1).front();
    const Tag tag = tag_of(labels[best]);
    if (entities.empty() || tag.begins || entities.back().kind != tag.kind) entities.push_back({tag.kind, t, t});
    entities.back().last = t;
    entities.back().sum += scores[best];
    ++entities.back().tokens;
  }
  return entities;
}

std::vector<Finding> find(const Answering& answering) {
  std::vector<Finding> findings;
  for (const Entity& entity : entities_of(answering))
    if (entity.kind != kOutside)
      findings.push_back({std::string(entity.kind), entity.sum / static_cast<double>(entity.tokens),
                          part_of(answering.input.text, answering.tokens, entity.first, entity.last)});
  return findings;
}

}  // namespace

extern const Task token_classification;
constinit const Task token_classification = {
    .name = "token classification", .head = model::HeadSpec::Kind::tokens, .key = "entities", .find = find};

}  // namespace tightrope::tasks
