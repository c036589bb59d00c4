// Sampling: penalty, temperature, the three cuts, one draw.
#include "engine/sampler.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace tightrope::engine {
namespace {

void check(const Sampling& options) {
  const auto require = [](bool valid, const char* option, float value, const char* range) {
    if (!valid) fail(ErrorCode::invalid_argument, "[sampler] {} is {}; it must be {}", option, value, range);
  };
  require(options.temperature >= 0 && std::isfinite(options.temperature), "temperature", options.temperature, "0 or more");
  require(options.top_p > 0 && options.top_p <= 1, "top-p", options.top_p, "above 0 and at most 1");
  require(options.min_p >= 0 && options.min_p <= 1, "min-p", options.min_p, "between 0 and 1");
  require(options.repetition_penalty > 0 && std::isfinite(options.repetition_penalty), "repetition-penalty", options.repetition_penalty,
          "above 0");
}

}  // namespace

Sampler::Sampler(const Sampling& options) : options_(options), random_(options.seed) { check(options); }

// Divides the positive and multiplies the negative logits of recent tokens, each once.
void Sampler::penalise(std::span<const text::TokenId> recent) {
  if (options_.repetition_penalty == 1.0f) return;
  const std::size_t window = std::min<std::size_t>(recent.size(), options_.repetition_window);
  std::vector<text::TokenId> ids(recent.end() - static_cast<std::ptrdiff_t>(window), recent.end());
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (const text::TokenId id : ids) {
    if (id >= candidates_.size()) continue;
    float& logit = candidates_[id].logit;
    logit = logit > 0 ? logit / options_.repetition_penalty : logit * options_.repetition_penalty;
  }
}

// Leaves the most likely candidates, best first.
void Sampler::keep_top_k() {
  const auto better = [](const Candidate& a, const Candidate& b) { return a.logit != b.logit ? a.logit > b.logit : a.id < b.id; };
  const std::size_t kept = options_.top_k == 0 ? candidates_.size() : std::min<std::size_t>(options_.top_k, candidates_.size());
  std::partial_sort(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(kept), candidates_.end(), better);
  candidates_.resize(kept);
}

// Of candidates best first: the fewest that reach top_p of the whole, and of them those with at least min_p of the best's probability.
void Sampler::keep_likely() {
  double total = 0;
  weights_.clear();
  for (const Candidate& candidate : candidates_) {
    const double difference = static_cast<double>(candidate.logit) - static_cast<double>(candidates_.front().logit);
    weights_.push_back(std::exp(difference / static_cast<double>(options_.temperature)));
    total += weights_.back();
  }
  std::size_t kept = 0;
  for (double reached = 0; kept < weights_.size();) {
    if (weights_[kept] < static_cast<double>(options_.min_p)) break;  // the best one's weight is 1
    reached += weights_[kept++];
    if (options_.top_p < 1 && reached >= static_cast<double>(options_.top_p) * total) break;
  }
  weights_.resize(kept);
}

text::TokenId Sampler::next(std::span<const float> logits, std::span<const text::TokenId> recent) {
  if (logits.empty()) fail(ErrorCode::invalid_argument, "[sampler] there are no logits to choose from");
  candidates_.resize(logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i) candidates_[i] = {logits[i], static_cast<text::TokenId>(i)};
  penalise(recent);
  if (options_.temperature == 0) {
    const auto worse = [](const Candidate& a, const Candidate& b) { return a.logit < b.logit; };
    return std::max_element(candidates_.begin(), candidates_.end(), worse)->id;  // the first of equals
  }
  keep_top_k();
  keep_likely();
  double total = 0;
  for (const double weight : weights_) total += weight;
  double left = random_.uniform() * total;
  for (std::size_t i = 0; i + 1 < weights_.size(); ++i) {
    left -= weights_[i];
    if (left < 0) return candidates_[i].id;
  }
  return candidates_[weights_.size() - 1].id;
}

}  // namespace tightrope::engine
