// Statistics of next-token distributions. Loops run over fixed lanes, so that compilers vectorise them and every machine adds in one order.
#include "eval/statistics.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace tightrope::eval {
namespace {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kBlock = 16 * kLanes;  // floats a lane sums in float before the block goes into a double

// exp(x) for x <= 0 within 2 units in the last place: 2^n * e^r with |r| <= ln 2 / 2. Below -87 it is as good as 0 beside a weight of 1.
inline float exponential(float x) {
  x = x > -87.0f ? x : -87.0f;
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  const float shifted = x * 1.44269504f + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;  // ln 2 in two parts, the first exact in few bits
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r * r + r + 1.0f;
  const std::int32_t power = std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(kRound);
  return p * std::bit_cast<float>((power + 127) << 23);
}

// The sum over i of term(i), i < count.
template <class Term>
double sum_over(std::size_t count, const Term& term) {
  double total = 0;
  for (std::size_t begin = 0; begin < count; begin += kBlock) {
    const std::size_t end = std::min(count, begin + kBlock);
    std::array<float, kLanes> lanes{};
    std::size_t i = begin;
    for (; i + kLanes <= end; i += kLanes) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += term(i + lane);
    }
    for (; i < end; ++i) lanes[0] += term(i);
    for (const float lane : lanes) total += static_cast<double>(lane);
  }
  return total;
}

float largest(std::span<const float> values) {
  std::array<float, kLanes> lanes;
  lanes.fill(values.front());
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] = lanes[lane] < values[i + lane] ? values[i + lane] : lanes[lane];
  }
  for (; i < values.size(); ++i) lanes[0] = std::max(lanes[0], values[i]);
  return std::ranges::max(lanes);
}

}  // namespace

double Moments::variance() const { return count_ > 1 ? squares_ / static_cast<double>(count_ - 1) : 0; }

double Moments::standard_error() const { return count_ > 1 ? std::sqrt(variance() / static_cast<double>(count_)) : 0; }

double percentile(std::span<const float> sorted, double fraction) {
  if (sorted.empty()) return 0;
  const double place = std::clamp(fraction, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
  const std::size_t below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double share = place - static_cast<double>(below);
  return (1 - share) * static_cast<double>(sorted[below]) + share * static_cast<double>(sorted[above]);
}

double Softmax::log_sum() const { return static_cast<double>(peak) + std::log(sum); }

Softmax softmax(std::span<const float> logits, std::span<float> weights) {
  Softmax result;
  if (logits.empty()) return result;
  const float peak = largest(logits);
  result.peak = peak;
  // Adding 0 * logit makes a NaN or infinity show in the sum: the clamp inside exponential() would hide it.
  result.sum = sum_over(logits.size(), [&](std::size_t i) { return weights[i] = exponential(logits[i] - peak) + 0.0f * logits[i]; });
  result.top = static_cast<std::uint64_t>(std::ranges::find(logits, peak) - logits.begin());
  return result;
}

double surprise(std::span<const float> logits, const Softmax& softmax, std::uint64_t token) {
  return softmax.log_sum() - static_cast<double>(logits[token]);
}

double divergence(std::span<const float> base_logits, std::span<const float> base_weights, const Softmax& base,
                  std::span<const float> model_logits, const Softmax& model) {
  // With d = base logit - model logit: KLD = mean of d under the base - (log_sum of the base - log_sum of the model). Both terms lose a
  // common shift first, in double, so that it costs no digits.
  const double shift = static_cast<double>(base.peak) - static_cast<double>(model.peak);
  const double weighted = sum_over(base_logits.size(), [&](std::size_t i) {
    return base_weights[i] * static_cast<float>(static_cast<double>(base_logits[i]) - static_cast<double>(model_logits[i]) - shift);
  });
  return std::max(0.0, weighted / base.sum + shift - (base.log_sum() - model.log_sum()));
}

}  // namespace tightrope::eval
