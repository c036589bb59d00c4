// 16 floats for NEON, four registers as one of four times the width: what packed products of every kind need.
#pragma once

struct Lanes {
  struct Floats {
    float32x4_t part[4];
  };

  // Calls make(i) for each of the four registers.
  template <class Whole, class Make>
  static HWY_INLINE Whole each(const Make& make) {
    return {{make(0), make(1), make(2), make(3)}};
  }
  static HWY_INLINE Floats zero_floats() {
    return each<Floats>([](std::size_t) { return vdupq_n_f32(0); });
  }
  static HWY_INLINE Floats load_four(const float* from) {
    return each<Floats>([=](std::size_t i) { return vld1q_f32(from + 4 * i); });
  }
  static HWY_INLINE void store_four(const Floats& values, float* to) {
    for (std::size_t i = 0; i < 4; ++i) vst1q_f32(to + 4 * i, values.part[i]);
  }
  static HWY_INLINE Floats load_lanes(const float* from, std::size_t low, std::size_t high) {
    if (low == 0 && high == kGroupRows) return load_four(from);
    float buffer[kGroupRows] = {};
    for (std::size_t i = low; i < high; ++i) buffer[i] = from[i];
    return load_four(buffer);
  }
  static HWY_INLINE void store_lanes(const Floats& values, float* to, std::size_t low, std::size_t high) {
    if (low == 0 && high == kGroupRows) return store_four(values, to);
    float buffer[kGroupRows];
    store_four(values, buffer);
    for (std::size_t i = low; i < high; ++i) to[i] = buffer[i];
  }
  static HWY_INLINE void prefetch(const std::byte* at) { __builtin_prefetch(at); }
};
