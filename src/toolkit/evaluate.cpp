// evaluate: runs models side by side over a text and makes the report.
#include <algorithm>

#include "base/error.h"
#include "data/corpus.h"
#include "engine/generate.h"
#include "eval/compare.h"
#include "tightrope/machine.h"
#include "toolkit/model_handle.h"
#include "toolkit/report_handle.h"
#include "toolkit/utf8_stream.h"

namespace tightrope {
namespace {

using text::TokenId;

std::string name_of(const Model& model) { return model.implementation().path.stem().string(); }

// "q4_k_m" for wren-7m-q4_k_m.gguf beside wren-7m: what sets a model apart from the base.
std::string label_of(const Model& model, const std::optional<Model>& base) {
  std::string name = name_of(model);
  if (!base) return name;
  const std::string prefix = name_of(*base);
  const bool extends =
      name.size() > prefix.size() + 1 && name.starts_with(prefix) && (name[prefix.size()] == '-' || name[prefix.size()] == '.');
  return extends ? name.substr(prefix.size() + 1) : name;
}

// The text as every one of the models must read it: numbers of different token streams cannot be compared.
std::vector<TokenId> common_tokens(std::span<const Model> models, const std::string& text, PerplexityConvention convention) {
  const auto encode = [&](const Model& model) { return data::encode(model.implementation().model.require_tokenizer(), text, convention); };
  std::vector<TokenId> tokens = encode(models.front());
  for (const Model& model : models.subspan(1))
    if (encode(model) != tokens)
      fail(ErrorCode::invalid_argument,
           "[eval] '{}' and '{}' have different tokenizers and cannot be compared; evaluate them one at a time",
           models.front().implementation().path.string(), model.implementation().path.string());
  return tokens;
}

// Reports progress at every token: it is where a caller can stop.
std::string sample(engine::Engine& engine, const EvaluateOptions& options, const Progress& progress) {
  if (options.prompt.empty()) return "";
  const text::Tokenizer& tokenizer = engine.model().require_tokenizer();
  const std::vector<TokenId> prompt = tokenizer.encode(options.prompt);
  const std::uint64_t room = engine.model().config().context - std::min<std::uint64_t>(prompt.size(), engine.model().config().context);
  engine::Generation generation;
  generation.max_tokens = std::min(options.sample_tokens, room);
  generation.sampling.temperature = 0;
  std::uint64_t done = 0;
  const auto on_token = [&](TokenId) {
    if (progress) progress({.stage = "sample", .done = ++done, .total = generation.max_tokens, .unit = "tokens"});
    return true;
  };
  toolkit::Utf8Stream stream;
  std::string text = stream.push(toolkit::decoded(tokenizer, engine::generate(engine, prompt, generation, on_token).tokens));
  return text + stream.finish();
}

eval::ModelReport describe(const Model& model, const std::optional<Model>& base, const eval::Measurement& measurement) {
  eval::ModelReport row;
  const ModelInfo info = model.info();
  row.path = info.path;
  row.label = label_of(model, base);
  row.bytes = info.file_bytes == 0 ? info.weight_bytes : info.file_bytes;
  row.bits_per_weight = info.bits_per_weight;
  row.measurement = measurement;
  return row;
}

std::vector<eval::Measurement> measure(std::vector<engine::Engine>& engines, bool has_base, std::span<const TokenId> tokens,
                                       const EvaluateOptions& options, const Progress& progress) {
  std::vector<engine::Engine*> pointers;
  pointers.reserve(engines.size());
  for (engine::Engine& engine : engines) pointers.push_back(&engine);
  engine::Engine* base = has_base ? pointers.front() : nullptr;
  return eval::compare(base, std::span(pointers).subspan(has_base ? 1 : 0), tokens, options.eval, progress);
}

}  // namespace

Corpus Corpus::from(const std::filesystem::path& file) { return {file.filename().string(), data::read_text(file)}; }

Report evaluate(std::span<const Model> models, const std::optional<Model>& base, const Corpus& corpus, const EvaluateOptions& options,
                const Progress& progress) {
  if (models.empty()) fail(ErrorCode::invalid_argument, "[eval] there is no model to evaluate; name at least one");
  std::vector<Model> all(models.begin(), models.end());
  if (base) all.insert(all.begin(), *base);
  const std::vector<TokenId> tokens = common_tokens(all, corpus.text, options.eval.convention);
  std::vector<engine::Engine> engines;
  engines.reserve(all.size());
  for (const Model& model : all) {
    const bool original = base && &model == all.data();  // what the others are held against is computed exactly
    engines.emplace_back(model.implementation().model,
                         engine::Options{.threads = options.eval.threads, .isa = std::nullopt, .exact = options.eval.exact || original});
  }
  const std::vector<eval::Measurement> measured = measure(engines, base.has_value(), tokens, options, progress);
  eval::Report report;
  report.version = version();
  report.date = toolkit::date_now();
  report.machine = describe(machine_info(false));
  report.command = options.command;
  report.text_name = corpus.name;
  report.prompt = options.prompt;
  if (base) report.base = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    report.models.push_back(describe(all[i], base, measured[i]));
    report.models.back().sample = sample(engines[i], options, progress);
  }
  return Report(std::make_shared<const Report::Implementation>(Report::Implementation{std::move(report)}));
}

}  // namespace tightrope
