// Batches through the engine.
#include "tasks/run.h"

#include <algorithm>

namespace tightrope::tasks {
namespace {

using HeadKind = model::HeadSpec::Kind;

constexpr std::uint64_t kOutputFloats = std::uint64_t{1} << 24;  // of a masked language model's logits that are held at a time: 64 MiB

bool gives_one_output_a_text(const model::Config& config) { return config.output != nullptr && config.output->kind == HeadKind::sequence; }

// Logits of a whole vocabulary for each token bound a batch by their own size.
std::uint64_t most_tokens(const model::Config& config, const RunOptions& options) {
  const bool logits = options.head && config.output != nullptr && config.output->kind == HeadKind::masked_lm;
  return logits ? std::min(options.batch_tokens, std::max<std::uint64_t>(1, kOutputFloats / config.vocab)) : options.batch_tokens;
}

// Token types go to models that know them; others have only one kind.
std::vector<engine::Text> texts_of(std::span<const TokenizedInput> inputs, std::span<const std::size_t> batch,
                                   const model::Config& config) {
  std::vector<engine::Text> texts;
  texts.reserve(batch.size());
  for (const std::size_t i : batch) {
    const text::Encoding& encoding = inputs[i].encoding;
    texts.push_back(
        {encoding.ids, config.types > 1 ? std::span<const std::uint32_t>(encoding.type_ids) : std::span<const std::uint32_t>()});
  }
  return texts;
}

}  // namespace

void run(engine::Engine& engine, std::span<const TokenizedInput> inputs, const RunOptions& options, const Progress& progress,
         const ResultSink& sink) {
  const model::Config& config = engine.model().config();
  std::uint64_t done = 0;
  for (const std::vector<std::size_t>& batch : batches_by_length(inputs, most_tokens(config, options))) {
    const std::vector<engine::Text> texts = texts_of(inputs, batch, config);
    const engine::Encoded encoded = engine.encode(texts, options.head);
    const bool by_text = gives_one_output_a_text(config);
    const std::size_t tokens = encoded.hidden.size() / config.model;
    const std::size_t width = encoded.output.size() / (by_text ? texts.size() : tokens);
    std::size_t row = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::size_t count = texts[i].tokens.size();
      sink(batch[i], {encoded.hidden.subspan(row * config.model, count * config.model),
                      by_text ? encoded.output.subspan(i * width, width) : encoded.output.subspan(row * width, count * width)});
      row += count;
    }
    done += texts.size();
    if (progress) progress({"encode", done, inputs.size(), "texts"});
  }
}

}  // namespace tightrope::tasks
