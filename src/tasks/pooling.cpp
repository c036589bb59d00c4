// The ways to pool. Sums are taken in double precision, so that a long text costs no digits.
#include "tasks/pooling.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/error.h"

namespace tightrope::tasks {
namespace {

// Σ weight(t) * hidden[t] / divisor
template <class Weight>
void weighted_sum(std::span<const float> hidden, std::span<float> vector, Weight weight, double divisor) {
  const std::size_t width = vector.size(), tokens = hidden.size() / width;
  std::vector<double> sum(width);
  for (std::size_t t = 0; t < tokens; ++t)
    for (std::size_t i = 0; i < width; ++i) sum[i] += weight(t) * static_cast<double>(hidden[t * width + i]);
  for (std::size_t i = 0; i < width; ++i) vector[i] = static_cast<float>(sum[i] / divisor);
}

double tokens_in(std::span<const float> hidden, std::span<float> vector) { return static_cast<double>(hidden.size() / vector.size()); }
double one(std::size_t) { return 1; }

void mean(std::span<const float> hidden, std::span<float> vector) { weighted_sum(hidden, vector, one, tokens_in(hidden, vector)); }

void mean_sqrt_len(std::span<const float> hidden, std::span<float> vector) {
  weighted_sum(hidden, vector, one, std::sqrt(tokens_in(hidden, vector)));
}

// Later tokens count more: 1, 2, 3, …
void weighted_mean(std::span<const float> hidden, std::span<float> vector) {
  const double tokens = tokens_in(hidden, vector);
  weighted_sum(
      hidden, vector, [](std::size_t t) { return static_cast<double>(t + 1); }, tokens * (tokens + 1) / 2);
}

void first(std::span<const float> hidden, std::span<float> vector) { std::ranges::copy(hidden.first(vector.size()), vector.begin()); }
void last(std::span<const float> hidden, std::span<float> vector) { std::ranges::copy(hidden.last(vector.size()), vector.begin()); }

void largest(std::span<const float> hidden, std::span<float> vector) {
  first(hidden, vector);
  for (std::size_t i = vector.size(); i < hidden.size(); ++i) {
    float& value = vector[i % vector.size()];
    value = std::max(value, hidden[i]);
  }
}

constexpr Pooling kPoolings[] = {
    {"cls", "pooling_mode_cls_token", 2, Pooling::From::hidden, first},
    {"max", "pooling_mode_max_tokens", -1, Pooling::From::hidden, largest},
    {"mean", "pooling_mode_mean_tokens", 1, Pooling::From::hidden, mean},
    {"mean_sqrt_len", "pooling_mode_mean_sqrt_len_tokens", -1, Pooling::From::hidden, mean_sqrt_len},
    {"weightedmean", "pooling_mode_weightedmean_tokens", -1, Pooling::From::hidden, weighted_mean},
    {"last", "pooling_mode_lasttoken", 3, Pooling::From::hidden, last},
    {"none", "", 0, Pooling::From::tokens, nullptr},
    {"rank", "", 4, Pooling::From::head, nullptr},
};

}  // namespace

std::span<const Pooling> all_poolings() { return kPoolings; }

const Pooling& pooling_named(std::string_view name) {
  std::string names;
  for (const Pooling& pooling : kPoolings) {
    if (pooling.name == name) return pooling;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", pooling.name);
  }
  fail(ErrorCode::invalid_argument, "[embed] there is no pooling '{}'; there are {}", name.substr(0, 64), names);
}

void normalize(std::span<float> vector) {
  double squares = 0;
  for (const float value : vector) squares += static_cast<double>(value) * static_cast<double>(value);
  if (squares == 0) return;
  const double scale = 1 / std::sqrt(squares);
  for (float& value : vector) value = static_cast<float>(static_cast<double>(value) * scale);
}

}  // namespace tightrope::tasks
