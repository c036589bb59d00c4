// A task over many inputs.
#include "tasks/classify.h"

#include "base/error.h"
#include "engine/batch.h"
#include "tasks/run.h"

namespace tightrope::tasks {
namespace {

void check_pairs(const Task& task, std::span<const TextInput> inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (task.pairs == Pairs::never && inputs[i].pair)
      fail(ErrorCode::invalid_argument, "[classify] {} takes single texts, but input {} is a pair", task.name, i);
    if (task.pairs == Pairs::always && !inputs[i].pair)
      fail(ErrorCode::invalid_argument, "[classify] {} takes a question with each text (--question, or \"pair\"), but input {} has none",
           task.name, i);
  }
}

}  // namespace

std::vector<Classification> classify(engine::Engine& engine, ThreadPool& threads, const Task& task, std::span<const TextInput> inputs,
                                     const ClassifyOptions& options, const Progress& progress) {
  check_pairs(task, inputs);
  const model::Model& model = engine.model();
  const TokenizeOptions limits{engine::position_limit(model), options.encode.truncate, task.shortened};
  const std::vector<TokenizedInput> tokenized = tokenize(model.require_tokenizer(), inputs, limits, threads);
  const std::uint64_t top_k = options.top_k == 0 ? task.usual_top_k : options.top_k;
  std::vector<Classification> results(inputs.size());
  run(engine, tokenized, {options.encode.batch_tokens, true}, progress, [&](std::size_t i, const InputResult& result) {
    results[i].findings = task.find({model, inputs[i], tokenized[i].encoding, result.output, top_k, options.raw});
    results[i].tokens = tokenized[i].encoding.ids.size();
    results[i].truncated = tokenized[i].truncated;
  });
  return results;
}

}  // namespace tightrope::tasks
