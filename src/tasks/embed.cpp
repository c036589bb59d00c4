// Embeddings: prompts before the texts, pooling after the model.
#include "tasks/embed.h"

#include <algorithm>

#include "base/error.h"
#include "engine/batch.h"
#include "tasks/run.h"

namespace tightrope::tasks {
namespace {

std::string prompt_of(const SentenceSettings& settings, const std::string& asked) {
  const std::string& name = asked.empty() ? settings.default_prompt : asked;
  if (name.empty()) return "";
  std::string names;
  for (const auto& [known, text] : settings.prompts) {
    if (known == name) return text;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", known);
  }
  fail(ErrorCode::invalid_argument, "[embed] the model has no prompt '{}'; it has {}", name.substr(0, 64), names.empty() ? "none" : names);
}

// What the options ask for, else what the files say; files that could not be understood matter only then.
void choose_poolings(const SentenceSettings& settings, const EmbedOptions& options, EmbeddingPlan& plan) {
  if (!settings.unsupported.empty()) fail(ErrorCode::unsupported, "{}", settings.unsupported);
  if (!options.pooling.empty()) {
    plan.poolings = {&pooling_named(options.pooling)};
  } else if (!settings.unsettled.empty()) {
    fail(ErrorCode::unsupported, "{}", settings.unsettled);
  } else if (!settings.poolings.empty()) {
    plan.poolings = settings.poolings;
  } else {
    plan.poolings = {&pooling_named("mean")};
    plan.notices.emplace_back("the model does not say how its embeddings are made; this is the mean of its tokens (--pooling chooses)");
  }
}

void check_poolings(const model::Model& model, const EmbeddingPlan& plan) {
  const model::HeadSpec* output = model.config().output;
  for (const Pooling* pooling : plan.poolings) {
    if (pooling->from != Pooling::From::hidden && plan.poolings.size() > 1)
      fail(ErrorCode::invalid_argument, "[embed] the pooling '{}' cannot be joined with others", pooling->name);
    if (pooling->from == Pooling::From::head && (output == nullptr || output->kind != model::HeadSpec::Kind::sequence))
      fail(ErrorCode::invalid_argument, "[embed] the pooling 'rank' gives what a sequence classifier's head says; this model is a {}",
           output == nullptr ? model.arch().name : output->hf_class);
  }
}

Embedding embedding_of(const EmbeddingPlan& plan, const InputResult& result, std::uint64_t width) {
  Embedding embedding;
  const Pooling& first = *plan.poolings.front();
  if (first.from != Pooling::From::hidden) {
    const std::span<const float> source = first.from == Pooling::From::head ? result.output : result.hidden;
    embedding.values.assign(source.begin(), source.end());
    embedding.vectors = source.size() / width;
  } else {
    embedding.values.resize(width);
    const std::size_t each = width / plan.poolings.size();
    for (std::size_t i = 0; i < plan.poolings.size(); ++i)
      plan.poolings[i]->pool(result.hidden, std::span(embedding.values).subspan(i * each, each));
  }
  if (plan.normalize)
    for (std::size_t i = 0; i < embedding.vectors; ++i) normalize(std::span(embedding.values).subspan(i * width, width));
  return embedding;
}

}  // namespace

EmbeddingPlan plan_embedding(const model::Model& model, const SentenceSettings& settings, const EmbedOptions& options) {
  EmbeddingPlan plan;
  plan.notices = settings.notices;
  choose_poolings(settings, options, plan);
  check_poolings(model, plan);
  const bool are_scores = plan.poolings.front()->from == Pooling::From::head;  // of length 1 they would say nothing
  plan.normalize = options.normalize.value_or(settings.normalize && !are_scores);
  plan.prompt = prompt_of(settings, options.prompt_name);
  if (!plan.prompt.empty() && !settings.pools_prompt)
    fail(ErrorCode::unsupported, "[embed] the model wants its prompts left out of the pooling (include_prompt), which is not supported");
  plan.context = engine::position_limit(model);
  if (settings.most_tokens > 0) plan.context = std::min(plan.context, settings.most_tokens);
  return plan;
}

std::uint64_t width_of(const EmbeddingPlan& plan, const model::Config& config) {
  return plan.poolings.front()->from == Pooling::From::head ? config.labels.size() : config.model * plan.poolings.size();
}

std::vector<Embedding> embed(engine::Engine& engine, ThreadPool& threads, const EmbeddingPlan& plan, std::span<const std::string> texts,
                             const EncodeOptions& options, const Progress& progress) {
  std::vector<TextInput> inputs;
  inputs.reserve(texts.size());
  for (const std::string& text : texts) inputs.push_back({plan.prompt + text});
  const std::vector<TokenizedInput> tokenized =
      tokenize(engine.model().require_tokenizer(), inputs, {.context = plan.context, .truncate = options.truncate}, threads);
  std::vector<Embedding> embeddings(texts.size());
  const std::uint64_t width = width_of(plan, engine.model().config());
  const bool head = plan.poolings.front()->from == Pooling::From::head;
  run(engine, tokenized, {options.batch_tokens, head}, progress, [&](std::size_t i, const InputResult& result) {
    embeddings[i] = embedding_of(plan, result, width);
    embeddings[i].tokens = tokenized[i].encoding.ids.size();
    embeddings[i].truncated = tokenized[i].truncated;
  });
  return embeddings;
}

}  // namespace tightrope::tasks
