// Mask filling: the likeliest tokens in the place of each mask.
#include "base/error.h"
#include "tasks/task.h"

namespace tightrope::tasks {
namespace {

// What tokenizers call their mask.
constexpr std::string_view kMasks[] = {"[MASK]", "<mask>"};

text::TokenId mask_of(const text::Tokenizer& tokenizer) {
  for (const text::TokenizerDefinition::Added& added : tokenizer.definition().added)
    for (const std::string_view mask : kMasks)
      if (added.content == mask) return added.id;
  fail(ErrorCode::unsupported, "[classify] the model's tokenizer has no mask token ({} or {})", kMasks[0], kMasks[1]);
}

std::vector<Finding> find(const Answering& answering) {
  const text::Tokenizer& tokenizer = answering.model.require_tokenizer();
  const text::TokenId mask = mask_of(tokenizer);
  const std::size_t vocab = answering.model.config().vocab;
  std::vector<Finding> findings;
  for (std::size_t t = 0; t < answering.tokens.ids.size(); ++t) {
    if (answering.tokens.ids[t] != mask || answering.tokens.sequences[t] < 0) continue;
    const std::vector<double> scores = softmax(answering.output.subspan(t * vocab, vocab));
    const std::size_t known = std::min(scores.size(), tokenizer.vocabulary_size());  // the rest only fills the table up
    for (const std::size_t id : largest(std::span(scores).first(known), answering.top_k)) {
      const auto token = static_cast<text::TokenId>(id);
      findings.push_back({tokenizer.decode({&token, 1}), scores[id], part_of(answering.input.text, answering.tokens, t, t)});
    }
  }
  if (findings.empty())
    fail(ErrorCode::invalid_argument, "[classify] a text has no '{}' to fill; this model guesses the tokens behind masks",
         tokenizer.definition().tokens[mask].piece);
  return findings;
}

}  // namespace

extern const Task mask_filling;
constinit const Task mask_filling = {
    .name = "mask filling", .head = model::HeadSpec::Kind::masked_lm, .key = "tokens", .usual_top_k = 5, .find = find};

}  // namespace tightrope::tasks
