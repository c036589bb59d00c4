// Generators of sample weights, a row of the table each.
#include "support/sample_weights.h"

#include <bit>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "tensor/half.h"

namespace tightrope::tests {
namespace {

struct Kind {
  std::string_view name;
  float (*value)(Random& random, std::size_t i);
};

constexpr float kLargest = std::numeric_limits<float>::max();

float normal(Random& random) { return static_cast<float>(random.normal()); }
float sign(Random& random) { return random.below(2) == 0 ? -1.0f : 1.0f; }

constexpr Kind kKinds[kSampleKinds] = {
    {"normal", [](Random& random, std::size_t) { return normal(random); }},
    {"small", [](Random& random, std::size_t) { return 0.02f * normal(random); }},
    {"heavy tails", [](Random& random, std::size_t) { return 0.01f * std::pow(normal(random), 3.0f); }},
    {"shifted", [](Random& random, std::size_t i) { return 3.0f + 0.1f * normal(random) - static_cast<float>(i / 512 % 7); }},
    {"positive", [](Random& random, std::size_t) { return std::fabs(normal(random)); }},
    {"rounded to bf16", [](Random& random, std::size_t) { return to_f32(to_bf16(0.02f * normal(random))); }},
    {"small integers", [](Random& random, std::size_t) { return static_cast<float>(random.below(16)) - 8.0f; }},
    {"scales vary", [](Random& random, std::size_t i) { return std::ldexp(normal(random), static_cast<int>(i / 16 * 7 % 24) - 20); }},
    {"zero", [](Random&, std::size_t) { return 0.0f; }},
    {"signed zeros", [](Random& random, std::size_t) { return std::copysign(0.0f, sign(random)); }},
    {"constant", [](Random&, std::size_t i) { return static_cast<float>(i / 256 % 5) - 2.0f; }},
    {"sparse", [](Random& random, std::size_t) { return random.below(40) == 0 ? normal(random) : 0.0f * sign(random); }},
    {"spike", [](Random&, std::size_t i) { return i % 259 == 0 ? 5.0f : 0.0f; }},
    {"tiny", [](Random& random, std::size_t i) { return std::ldexp(normal(random), -30 - static_cast<int>(i / 256 % 100)); }},
    {"subnormal",
     [](Random& random, std::size_t) { return sign(random) * std::bit_cast<float>(static_cast<std::uint32_t>(random.below(1u << 23))); }},
    {"largest", [](Random& random, std::size_t) { return kLargest * sign(random); }},
    {"huge", [](Random& random, std::size_t i) { return std::ldexp(normal(random), 10 + static_cast<int>(i / 256 % 115)); }},
    {"any finite bits",
     [](Random& random, std::size_t) {
       const float value = std::bit_cast<float>(static_cast<std::uint32_t>(random.next()));
       return std::isfinite(value) ? value : 1.0f;
     }},
};

}  // namespace

std::string_view sample_name(int kind) { return kKinds[kind].name; }

std::vector<float> sample_weights(int kind, std::size_t count, std::uint64_t seed) {
  Random random(seed * 1000 + static_cast<std::uint64_t>(kind));
  std::vector<float> weights(count);
  for (std::size_t i = 0; i < count; ++i) weights[i] = kKinds[kind].value(random, i);
  return weights;
}

std::vector<float> sample_importance(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> importance(count);
  for (float& value : importance) value = static_cast<float>(std::exp(2 * random.normal()));
  return importance;
}

}  // namespace tightrope::tests
