// The loop of generation: prefill once, then a token a pass.
#include "engine/generate.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/error.h"

namespace tightrope::engine {
namespace {

void check(const Engine& engine, std::span<const text::TokenId> prompt, const Generation& options) {
  const std::uint64_t context = engine.model().config().context;
  if (prompt.empty()) fail(ErrorCode::invalid_argument, "[generate] the prompt has no tokens; give at least one");
  if (prompt.size() > context || options.max_tokens > context - prompt.size())
    fail(ErrorCode::invalid_argument, "[generate] {} prompt tokens and {} new ones exceed the model's context of {}; ask for fewer",
         prompt.size(), options.max_tokens, context);
}

bool holds(const std::vector<text::TokenId>& list, text::TokenId id) { return std::ranges::find(list, id) != list.end(); }

}  // namespace

std::vector<text::TokenId> end_tokens(const model::Model& model) {
  std::vector<std::int64_t> ids(model.config().eos.begin(), model.config().eos.end());
  if (model.tokenizer() != nullptr) ids.push_back(model.tokenizer()->definition().eos);
  std::vector<text::TokenId> tokens;
  for (const std::int64_t id : ids)
    if (std::in_range<text::TokenId>(id)) tokens.push_back(static_cast<text::TokenId>(id));
  return tokens;
}

GenerationResult generate(Engine& engine, std::span<const text::TokenId> prompt, const Generation& options,
                          const std::function<bool(text::TokenId)>& on_token) {
  check(engine, prompt, options);
  Sampler sampler(options.sampling);
  const std::vector<text::TokenId> end_of_text = end_tokens(engine.model());
  GenerationResult result;
  Sequence sequence = engine.new_sequence(prompt.size() + options.max_tokens);
  std::vector<text::TokenId> all(prompt.begin(), prompt.end());
  Stopwatch watch;
  std::span<const text::TokenId> fresh = prompt;
  while (result.tokens.size() < options.max_tokens) {
    const std::span<const float> logits = engine.read(sequence, fresh);
    if (result.tokens.empty()) {
      result.prefill_seconds = watch.seconds();
      watch.restart();
    }
    const text::TokenId id = sampler.next(logits, all);
    result.stopped = holds(end_of_text, id) || holds(options.stop, id);
    if (result.stopped) break;
    result.tokens.push_back(id);
    all.push_back(id);
    fresh = std::span(all).last(1);
    if (on_token && !on_token(id)) break;
  }
  result.decode_seconds = watch.seconds();
  return result;
}

}  // namespace tightrope::engine
