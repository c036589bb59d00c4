// 16 floats as an array: what packed products of every kind need. Included inside the anonymous namespace.
#pragma once

struct Lanes {
  using Floats = std::array<float, kGroupRows>;

  static Floats zero_floats() { return {}; }
  static Floats load_lanes(const float* from, std::size_t low, std::size_t high) {
    Floats values{};
    for (std::size_t i = low; i < high; ++i) values[i] = from[i];
    return values;
  }
  static void store_lanes(const Floats& values, float* to, std::size_t low, std::size_t high) {
    for (std::size_t i = low; i < high; ++i) to[i] = values[i];
  }
  static void prefetch(const std::byte*) {}
};
