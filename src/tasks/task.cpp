// The list of tasks, and what several of them need.
#include "tasks/task.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace tightrope::tasks {

#define TASK(name) extern const Task name;
#include "tasks/list.inc"
#undef TASK

namespace {

constexpr const Task* kTasks[] = {
#define TASK(name) &name,
#include "tasks/list.inc"
#undef TASK
};

}  // namespace

std::span<const Task* const> all_tasks() { return kTasks; }

const Task& task_of(const model::Model& model) {
  const model::Config& config = model.config();
  const model::HeadSpec& output = config.output != nullptr ? *config.output : model.arch().heads.front();
  for (const Task* task : kTasks)
    if (task->head == output.kind && task->one_label == (task->head == model::HeadSpec::Kind::sequence && config.labels.size() == 1))
      return *task;
  std::string names;
  for (const Task* task : kTasks) names += fmt::format("{}{}", names.empty() ? "" : ", ", task->name);
  fail(ErrorCode::unsupported, "[classify] a {} has no head for any task (there are: {}); `embed` or `run` may be what it is for",
       output.hf_class, names);
}

std::vector<double> softmax(std::span<const float> logits) {
  if (logits.empty()) return {};
  const double most = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
  std::vector<double> result;
  result.reserve(logits.size());
  for (const float logit : logits) result.push_back(std::exp(static_cast<double>(logit) - most));
  const double sum = std::accumulate(result.begin(), result.end(), 0.0);
  for (double& value : result) value /= sum;
  return result;
}

double sigmoid(double logit) { return 1 / (1 + std::exp(-logit)); }

std::vector<std::size_t> largest(std::span<const double> values, std::uint64_t count) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto before = [&](std::size_t a, std::size_t b) { return values[a] != values[b] ? values[a] > values[b] : a < b; };
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(count, order.size()));
  std::partial_sort(order.begin(), end, order.end(), before);
  order.erase(end, order.end());
  return order;
}

Finding::Part part_of(std::string_view text, const text::Encoding& tokens, std::size_t first, std::size_t last) {
  const std::uint64_t begin = tokens.spans[first].begin, end = std::max<std::uint64_t>(begin, tokens.spans[last].end);
  return {std::string(text.substr(begin, end - begin)), begin, end};
}

}  // namespace tightrope::tasks
