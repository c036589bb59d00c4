// Axes of plots: what range they show, where their ticks are, and where a value lies.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace tightrope::eval {

struct Tick {
  double value = 0;
  std::string label;  // empty: a line only
};

// From `low` (drawn at `from`) to `high` (drawn at `to`), linear or logarithmic; values beyond are drawn at the edge.
struct Axis {
  double low = 0, high = 1;
  double from = 0, to = 1;  // in the plot's units
  bool logarithmic = false;
  double place(double value) const;
};

// From 0 to just above the largest of `values` (>= 0), with four to eight ticks at round sizes in bytes.
Axis bytes_axis(std::span<const double> values, double from, double to);
std::vector<Tick> bytes_ticks(const Axis& axis);

// Around the values (> 0), at least a decade long, with a tick a decade and lines, labelled on a short axis, at 2 and 5.
Axis log_axis(std::span<const double> values, double from, double to);
std::vector<Tick> log_ticks(const Axis& axis);

}  // namespace tightrope::eval
