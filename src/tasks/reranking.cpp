// Reranking: one score for a query and a document, or for a text.
#include "tasks/task.h"

namespace tightrope::tasks {
namespace {

std::vector<Finding> find(const Answering& answering) {
  const double logit = static_cast<double>(answering.output.front());
  const bool as_it_is = answering.raw || answering.model.config().problem_type == "regression";
  return {{.label = "", .score = as_it_is ? logit : sigmoid(logit)}};
}

}  // namespace

extern const Task reranking;
constinit const Task reranking = {.name = "reranking",
                                  .head = model::HeadSpec::Kind::sequence,
                                  .one_label = true,
                                  .key = "score",
                                  .single_score = true,
                                  .pairs = Pairs::perhaps,
                                  .find = find};

}  // namespace tightrope::tasks
