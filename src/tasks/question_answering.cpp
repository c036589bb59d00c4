// Question answering: the spans of a context that are likeliest to answer a question.
#include <algorithm>

#include "tasks/task.h"

namespace tightrope::tasks {
namespace {

constexpr std::size_t kLongestAnswer = 15;  // tokens, as transformers' pipeline limits them

// Of each token of the context the probability of being the start (side 0) or the end (side 1). The first token of all has a part in it:
// it stands for "no answer here".
std::vector<double> probabilities(const Answering& answering, const std::vector<std::size_t>& context, std::size_t side) {
  std::vector<float> logits = {answering.output[side]};
  for (const std::size_t token : context) logits.push_back(answering.output[token * 2 + side]);
  std::vector<double> all = softmax(logits);
  all.erase(all.begin());
  return all;
}

struct Candidate {
  std::size_t first = 0, last = 0;  // of the context's tokens
  double score = 0;
};

// The best of all spans, best first.
std::vector<Candidate> best_spans(const std::vector<double>& start, const std::vector<double>& end, std::uint64_t count) {
  std::vector<Candidate> all;
  for (std::size_t first = 0; first < start.size(); ++first)
    for (std::size_t last = first; last < std::min(start.size(), first + kLongestAnswer); ++last)
      all.push_back({first, last, start[first] * end[last]});
  const auto better = [](const Candidate& a, const Candidate& b) { return a.score > b.score; };
  const auto kept = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(count, all.size()));
  std::partial_sort(all.begin(), all.begin() + kept, all.end(), better);
  all.resize(static_cast<std::size_t>(kept));
  return all;
}

std::vector<Finding> find(const Answering& answering) {
  std::vector<std::size_t> context;
  for (std::size_t t = 0; t < answering.tokens.sequences.size(); ++t)
    if (answering.tokens.sequences[t] == 1) context.push_back(t);
  const std::vector<double> start = probabilities(answering, context, 0), end = probabilities(answering, context, 1);
  std::vector<Finding> findings;
  for (const Candidate& span : best_spans(start, end, answering.top_k))
    findings.push_back({"", span.score, part_of(*answering.input.pair, answering.tokens, context[span.first], context[span.last])});
  return findings;
}

}  // namespace

extern const Task question_answering;
constinit const Task question_answering = {.name = "question answering",
                                           .head = model::HeadSpec::Kind::span,
                                           .key = "answers",
                                           .pairs = Pairs::always,
                                           .shortened = Shortened::second,
                                           .find = find};

}  // namespace tightrope::tasks
