// Sampling: penalty, temperature, the three cuts, one draw.
#include "engine/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

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
    if (id >= logits_.size()) continue;
    float& logit = logits_[id];
    logit = logit > 0 ? logit / options_.repetition_penalty : logit * options_.repetition_penalty;
  }
}

// All that can be drawn, in the order of their ids, without weights yet. What is 64 temperatures below the best has less than 2^-92 of its
// weight: no vocabulary has enough of those to change a sum of doubles.
void Sampler::gather(float best) {
  constexpr float kNegligible = 64;
  candidates_.clear();
  for (std::size_t id = 0; id < logits_.size(); ++id) {
    if (logits_[id] < best - kNegligible * options_.temperature) continue;
    candidates_.push_back({0, logits_[id], static_cast<text::TokenId>(id)});
  }
}

void Sampler::weigh(float best) {
  for (Candidate& candidate : candidates_) {
    const double difference = static_cast<double>(candidate.logit) - static_cast<double>(best);
    candidate.weight = std::exp(difference / static_cast<double>(options_.temperature));
  }
}

double Sampler::total() const {
  return std::accumulate(candidates_.begin(), candidates_.end(), 0.0, [](double sum, const Candidate& c) { return sum + c.weight; });
}

void Sampler::keep_from(const Candidate& last) {
  std::erase_if(candidates_, [&](const Candidate& candidate) { return better(last, candidate); });
}

void Sampler::keep_top_k() {
  if (options_.top_k == 0 || options_.top_k >= candidates_.size()) return;
  order_.resize(options_.top_k);
  std::partial_sort_copy(candidates_.begin(), candidates_.end(), order_.begin(), order_.end(), better);
  keep_from(order_.back());
}

// The fewest of the best that reach top_p of the whole. Halves what is left around its median until one is left, so nothing is sorted.
void Sampler::keep_top_p() {
  if (options_.top_p >= 1) return;
  order_ = candidates_;
  double mass = static_cast<double>(options_.top_p) * total();
  auto begin = order_.begin(), end = order_.end();
  while (end - begin > 1) {
    const auto middle = begin + (end - begin) / 2;
    std::nth_element(begin, middle, end, better);
    double upper = 0;
    for (auto it = begin; it != middle; ++it) upper += it->weight;
    if (upper >= mass) {
      end = middle;
    } else {
      mass -= upper;
      begin = middle;
    }
  }
  keep_from(*begin);
}

// Those with at least min_p of the best one's probability; its weight is 1.
void Sampler::keep_min_p() {
  std::erase_if(candidates_, [&](const Candidate& candidate) { return candidate.weight < static_cast<double>(options_.min_p); });
}

text::TokenId Sampler::next(std::span<const float> logits, std::span<const text::TokenId> recent) {
  if (logits.empty()) fail(ErrorCode::invalid_argument, "[sampler] there are no logits to choose from");
  logits_.assign(logits.begin(), logits.end());
  penalise(recent);
  const auto best = std::max_element(logits_.begin(), logits_.end());  // the first of equals
  if (options_.temperature == 0) return static_cast<text::TokenId>(best - logits_.begin());
  gather(*best);
  keep_top_k();
  weigh(*best);
  keep_top_p();
  keep_min_p();
  double left = random_.uniform() * total();
  for (const Candidate& candidate : candidates_) {
    left -= candidate.weight;
    if (left < 0) return candidate.id;
  }
  return candidates_.back().id;
}

}  // namespace tightrope::engine
