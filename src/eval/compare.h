// Measures models on a text: perplexity, and how far each one's predictions are from another's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/engine.h"
#include "tightrope/options.h"
#include "tightrope/progress.h"

namespace tightrope::eval {

// exp of the mean negative log-likelihood; stderr by the delta method (value * stderr of the mean).
struct Perplexity {
  double value = 0, standard_error = 0, mean_nll = 0;
  std::uint64_t context = 0, chunks = 0, tokens = 0;  // tokens scored
};

// KL divergence of a model's next-token distribution from the base's, nats per token: sum p_base (log p_base - log p_model).
struct Divergence {
  double mean = 0, standard_error = 0, median = 0, p99 = 0, max = 0;
  double same_top = 0, same_top_error = 0;  // fraction of tokens whose most likely successor is the same, and its standard error
  // Perplexity over the base's. The error is of the paired difference, far smaller than the two perplexities' own.
  double perplexity_ratio = 1, perplexity_ratio_error = 0;
};

struct Measurement {
  Perplexity perplexity;
  std::optional<Divergence> divergence{};  // present when there was a base
};

// Runs the text through every engine chunk by chunk, side by side, so that no logits outlive their chunk. `base` may be null; its own
// measurement is then absent from the result, which is otherwise [base, models…]. `tokens` are as data::encode makes them for the
// convention. The result does not depend on the number of threads.
// Errors: invalid_argument when the text is shorter than one chunk (with both numbers) or vocabularies differ in size; malformed when a
// model's logits are not finite.
std::vector<Measurement> compare(engine::Engine* base, std::span<engine::Engine* const> models, std::span<const text::TokenId> tokens,
                                 const EvalOptions& options, const Progress& progress);

}  // namespace tightrope::eval
