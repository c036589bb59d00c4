// Means with their errors, percentiles, and what one row of logits says: pure functions.
#pragma once

#include <cstdint>
#include <span>

namespace tightrope::eval {

// Mean and variance of values as they come (Welford 1962): one pass, no cancellation however far the mean is from zero.
class Moments {
 public:
  void add(double value) {
    ++count_;
    const double before = value - mean_;
    mean_ += before / static_cast<double>(count_);
    squares_ += before * (value - mean_);
  }
  std::uint64_t count() const { return count_; }
  double mean() const { return mean_; }
  double variance() const;        // of the sample (divided by n - 1); 0 below two values
  double standard_error() const;  // of the mean

 private:
  std::uint64_t count_ = 0;
  double mean_ = 0, squares_ = 0;
};

// The value below which `fraction` of the sorted values lie, interpolated between neighbours at fraction * (n - 1); 0 when there are none.
double percentile(std::span<const float> sorted, double fraction);

// A row of logits as a distribution: p(i) = weights[i] / sum, weights[i] = exp(logits[i] - peak).
struct Softmax {
  float peak = 0;          // the largest logit
  double sum = 0;          // of the weights
  std::uint64_t top = 0;   // the index of the largest logit, the lowest of several
  double log_sum() const;  // log of the sum of exp(logits)
};

// Writes the weights too (as many floats as logits). `sum` is not finite when a logit is not.
Softmax softmax(std::span<const float> logits, std::span<float> weights);

// Negative log-likelihood of `token`, nats.
double surprise(std::span<const float> logits, const Softmax& softmax, std::uint64_t token);

// KL divergence of the model's distribution from the base's, nats, never negative. `base_weights` are those softmax() wrote for the base.
double divergence(std::span<const float> base_logits, std::span<const float> base_weights, const Softmax& base,
                  std::span<const float> model_logits, const Softmax& model);

}  // namespace tightrope::eval
