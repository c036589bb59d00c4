// Embedder and Classifier: a model, an engine and what was settled about them.
#include "tightrope/encode.h"

#include "base/error.h"
#include "tasks/classify.h"
#include "tasks/embed.h"
#include "tasks/lines.h"
#include "toolkit/model_handle.h"

namespace tightrope {
namespace {

void check_options(const EncodeOptions& options) {
  if (options.batch_tokens == 0) fail(ErrorCode::invalid_argument, "[encode] a batch of 0 tokens holds no text; give at least 1");
}

engine::Options engine_options(const EncodeOptions& options) {
  return {.threads = options.threads, .isa = std::nullopt, .exact = options.exact, .int8 = options.int8};
}

}  // namespace

struct Embedder::Implementation {
  EmbedOptions options;
  tasks::EmbeddingPlan plan;
  engine::Engine engine;
  ThreadPool threads;

  Implementation(const Model& model, const EmbedOptions& given)
      : options(given),
        plan(tasks::plan_embedding(model.implementation().model, tasks::settings_of(toolkit::sentences_of(model.implementation())), given)),
        engine(model.implementation().model, engine_options(given.encode)),
        threads(given.encode.threads) {
    check_options(given.encode);
    engine.model().require_tokenizer();
  }
};

Embedder::Embedder(const Model& model, const EmbedOptions& options) : implementation_(std::make_unique<Implementation>(model, options)) {}
Embedder::~Embedder() = default;
Embedder::Embedder(Embedder&&) noexcept = default;

std::vector<Embedding> Embedder::embed(std::span<const std::string> texts, const Progress& progress) {
  Implementation& self = *implementation_;
  return tasks::embed(self.engine, self.threads, self.plan, texts, self.options.encode, progress);
}

std::uint64_t Embedder::width() const { return tasks::width_of(implementation_->plan, implementation_->engine.model().config()); }
std::uint64_t Embedder::context() const { return implementation_->plan.context; }
bool Embedder::normalizes() const { return implementation_->plan.normalize; }
std::vector<std::string> Embedder::notices() const { return implementation_->plan.notices; }

std::string Embedder::pooling() const {
  std::string names;
  for (const tasks::Pooling* pooling : implementation_->plan.poolings)
    names += fmt::format("{}{}", names.empty() ? "" : "+", pooling->name);
  return names;
}

struct Classifier::Implementation {
  ClassifyOptions options;
  const tasks::Task& task;
  engine::Engine engine;
  ThreadPool threads;

  Implementation(const Model& model, const ClassifyOptions& given)
      : options(given),
        task(tasks::task_of(model.implementation().model)),
        engine(model.implementation().model, engine_options(given.encode)),
        threads(given.encode.threads) {
    check_options(given.encode);
    engine.model().require_tokenizer();
  }
};

Classifier::Classifier(const Model& model, const ClassifyOptions& options)
    : implementation_(std::make_unique<Implementation>(model, options)) {}
Classifier::~Classifier() = default;
Classifier::Classifier(Classifier&&) noexcept = default;

std::vector<Classification> Classifier::classify(std::span<const TextInput> inputs, const Progress& progress) {
  Implementation& self = *implementation_;
  return tasks::classify(self.engine, self.threads, self.task, inputs, self.options, progress);
}

std::string_view Classifier::task() const { return implementation_->task.name; }

std::string Classifier::to_json(const Classification& classification, std::uint64_t index) const {
  return tasks::to_json(implementation_->task, classification, index);
}

std::string to_json(const Embedding& embedding, std::uint64_t index) { return tasks::to_json(embedding, index); }

TextInput parse_text_input(std::string_view line, std::uint64_t number) { return tasks::parse_text_input(line, number); }

}  // namespace tightrope
