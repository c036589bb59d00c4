// The normal distribution, written out because the standard's differs between libraries.
#include "base/random.h"

#include <cmath>
#include <numbers>

namespace tightrope {

double Random::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));  // 1 - [0, 1) keeps the logarithm finite
  const double angle = 2.0 * std::numbers::pi * uniform();
  return radius * std::cos(angle);
}

}  // namespace tightrope
