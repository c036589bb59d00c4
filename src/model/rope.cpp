// RoPE's frequencies in the float arithmetic of the reference, so that angles agree to the last bit that matters.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "model/config.h"
#include "model/rope.h"

namespace tightrope::model {
namespace {

constexpr float kTurn = 2 * std::numbers::pi_v<float>;

// theta^(2i / head), i < head / 2. The power is taken in double and rounded once: at most an ulp from any float library's.
std::vector<float> wavelengths(double theta, std::uint64_t head) {
  std::vector<float> powers(head / 2);
  for (std::size_t i = 0; i < powers.size(); ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(head);
    powers[i] = static_cast<float>(std::pow(theta, static_cast<double>(exponent)));
  }
  return powers;
}

// The dimension whose wave makes `turns` turns over the original context.
double yarn_dimension(double turns, const RopeConfig& rope, std::uint64_t head) {
  const double context = static_cast<double>(rope.original_context);
  return static_cast<double>(head) * std::log(context / (turns * 2 * std::numbers::pi)) / (2 * std::log(rope.theta));
}

// Fast waves keep their frequency, slow ones are stretched by the factor, those between are blended.
void apply_yarn(const RopeConfig& rope, std::uint64_t head, const std::vector<float>& powers, std::vector<float>& inverse) {
  const double first = yarn_dimension(rope.beta_fast, rope, head), last = yarn_dimension(rope.beta_slow, rope, head);
  const double low = std::max(rope.truncate ? std::floor(first) : first, 0.0);
  double high = std::min(rope.truncate ? std::ceil(last) : last, static_cast<double>(head) - 1);
  if (low == high) high += 0.001;  // a step instead of a division by zero
  for (std::size_t i = 0; i < inverse.size(); ++i) {
    const float ramp = (static_cast<float>(i) - static_cast<float>(low)) / static_cast<float>(high - low);
    const float kept = 1.0f - std::clamp(ramp, 0.0f, 1.0f);
    const float stretched = 1.0f / (static_cast<float>(rope.factor) * powers[i]);
    inverse[i] = stretched * (1.0f - kept) + 1.0f / powers[i] * kept;
  }
}

float llama3_scaled(const RopeConfig& rope, float inverse) {
  const float original = static_cast<float>(rope.original_context), factor = static_cast<float>(rope.factor);
  const float low = static_cast<float>(rope.low_frequency_factor), high = static_cast<float>(rope.high_frequency_factor);
  const float wavelength = kTurn / inverse;
  if (wavelength < original / high) return inverse;
  if (wavelength > original / low) return inverse / factor;
  const float smooth = (original / wavelength - low) / (high - low);
  return (1.0f - smooth) * inverse / factor + smooth * inverse;
}

// The base grows with the text, so that the slowest wave just fits it.
double dynamic_theta(const RopeConfig& rope, std::uint64_t dimensions, std::uint64_t length) {
  const double original = static_cast<double>(rope.original_context), extent = static_cast<double>(dimensions);
  const double tokens = std::max(static_cast<double>(length), original);
  if (dimensions <= 2) return rope.theta;
  return rope.theta * std::pow(rope.factor * tokens / original - (rope.factor - 1), extent / (extent - 2));
}

void apply_longrope(const RopeConfig& rope, std::uint64_t context, std::uint64_t length, const std::vector<float>& powers,
                    RopeFrequencies& frequencies) {
  const std::vector<float>& factors = length > rope.original_context ? rope.long_factors : rope.short_factors;
  for (std::size_t i = 0; i < powers.size(); ++i) frequencies.inverse[i] = 1.0f / (factors[i] * powers[i]);
  const double growth = rope.factor > 1 ? rope.factor : static_cast<double>(context) / static_cast<double>(rope.original_context);
  const double magnitude = rope.attention_factor != 0 ? rope.attention_factor : default_longrope_magnitude(growth, rope.original_context);
  frequencies.magnitude = static_cast<float>(magnitude);
}

}  // namespace

double default_yarn_magnitude(double factor) { return factor <= 1 ? 1.0 : 0.1 * std::log(factor) + 1.0; }

std::vector<float> llama3_divisors(const RopeConfig& rope, std::uint64_t head) {
  std::vector<float> divisors = wavelengths(rope.theta, head);
  for (float& value : divisors) {
    const float inverse = 1.0f / value;
    value = inverse / llama3_scaled(rope, inverse);
  }
  return divisors;
}

double default_longrope_magnitude(double growth, std::uint64_t original) {
  return growth <= 1 ? 1.0 : std::sqrt(1 + std::log(growth) / std::log(static_cast<double>(original)));
}

bool rope_depends_on_length(const RopeConfig& rope) {
  return rope.scaling == RopeConfig::Scaling::dynamic || rope.scaling == RopeConfig::Scaling::longrope;
}

RopeFrequencies rope_frequencies(const RopeConfig& rope, std::uint64_t dimensions, std::uint64_t context, std::uint64_t length) {
  using Scaling = RopeConfig::Scaling;
  const double theta = rope.scaling == Scaling::dynamic ? dynamic_theta(rope, dimensions, length) : rope.theta;
  const std::vector<float> powers = wavelengths(theta, dimensions);
  RopeFrequencies frequencies;
  frequencies.inverse.resize(powers.size());
  for (std::size_t i = 0; i < powers.size(); ++i) frequencies.inverse[i] = 1.0f / powers[i];
  switch (rope.scaling) {
    case Scaling::none:
    case Scaling::dynamic: break;
    case Scaling::linear:
      for (float& inverse : frequencies.inverse) inverse /= static_cast<float>(rope.factor);
      break;
    case Scaling::yarn:
      apply_yarn(rope, dimensions, powers, frequencies.inverse);
      frequencies.magnitude = static_cast<float>(rope.attention_factor != 0 ? rope.attention_factor : default_yarn_magnitude(rope.factor));
      break;
    case Scaling::llama3:
      for (float& inverse : frequencies.inverse) inverse = llama3_scaled(rope, inverse);
      break;
    case Scaling::longrope: apply_longrope(rope, context, length, powers, frequencies); break;
  }
  for (std::size_t i = 0; i < rope.divisors.size(); ++i) frequencies.inverse[i] /= rope.divisors[i];
  return frequencies;
}

}  // namespace tightrope::model
