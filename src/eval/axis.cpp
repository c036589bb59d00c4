// Ranges and ticks of plot axes.
#include "eval/axis.h"

#include <algorithm>
#include <cmath>

#include "eval/markup.h"

namespace tightrope::eval {
namespace {

// The largest of 1, 2, 5 times a power of ten that is at most `value` > 0.
double round_step(double value) {
  const double decade = std::pow(10, std::floor(std::log10(value)));
  for (const double factor : {5.0, 2.0}) {
    if (factor * decade <= value * (1 + 1e-9)) return factor * decade;
  }
  return decade;
}

// "2 MB" rather than "2.00 MB": ticks are round.
std::string round_bytes(double value) {
  std::string text = human_bytes(value);
  const std::size_t space = text.find(' ');
  std::size_t end = space;
  if (text.find('.') < space) {
    while (text[end - 1] == '0') --end;
    if (text[end - 1] == '.') --end;
  }
  return text.erase(end, space - end);
}

}  // namespace

double Axis::place(double value) const {
  const double clamped = std::clamp(value, low, high);
  const double share = logarithmic ? std::log(clamped / low) / std::log(high / low) : (clamped - low) / (high - low);
  return from + share * (to - from);
}

Axis bytes_axis(std::span<const double> values, double from, double to) {
  const double largest = values.empty() ? 0 : std::ranges::max(values);
  return {.low = 0, .high = largest > 0 ? 1.06 * largest : 1, .from = from, .to = to};
}

std::vector<Tick> bytes_ticks(const Axis& axis) {
  std::vector<Tick> ticks;
  const double step = round_step(axis.high / 4);
  const int last = static_cast<int>(axis.high / step);
  for (int i = 0; i <= last; ++i) ticks.push_back({i * step, i > 0 ? round_bytes(i * step) : "0"});
  return ticks;
}

Axis log_axis(std::span<const double> values, double from, double to) {
  if (values.empty()) return {.low = 0.1, .high = 1, .from = from, .to = to, .logarithmic = true};
  double low = std::ranges::min(values) / 1.5, high = std::ranges::max(values) * 1.5;
  const double missing = std::sqrt(std::max(1.0, 10 * low / high));
  return {.low = low / missing, .high = high * missing, .from = from, .to = to, .logarithmic = true};
}

std::vector<Tick> log_ticks(const Axis& axis) {
  const bool label_all = std::log10(axis.high / axis.low) < 2;
  std::vector<Tick> ticks;
  const int first = static_cast<int>(std::floor(std::log10(axis.low))), last = static_cast<int>(std::floor(std::log10(axis.high)));
  for (int power = first; power <= last; ++power) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double value = factor * std::pow(10, power);
      if (value < axis.low || value > axis.high) continue;
      ticks.push_back({value, label_all || factor == 1 ? significant(value, 1) : ""});
    }
  }
  return ticks;
}

}  // namespace tightrope::eval
