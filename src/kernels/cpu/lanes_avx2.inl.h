// 16 floats for AVX2, two registers as one of twice the width: what packed products of every kind need. Included between the attributes.
#pragma once

struct Lanes {
  struct Floats {
    __m256 low, high;
  };

  static HWY_INLINE __m256i load_one(const std::byte* from) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(from)); }
  static HWY_INLINE __m256i broadcast_word(const void* four_bytes) {
    int word;
    std::memcpy(&word, four_bytes, sizeof word);
    return _mm256_set1_epi32(word);
  }
  static HWY_INLINE Floats zero_floats() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
  static HWY_INLINE Floats load_lanes(const float* from, std::size_t low, std::size_t high) {
    if (low == 0 && high == kGroupRows) return {_mm256_loadu_ps(from), _mm256_loadu_ps(from + 8)};
    alignas(32) float buffer[kGroupRows] = {};
    for (std::size_t i = low; i < high; ++i) buffer[i] = from[i];
    return {_mm256_load_ps(buffer), _mm256_load_ps(buffer + 8)};
  }
  static HWY_INLINE void store_lanes(Floats values, float* to, std::size_t low, std::size_t high) {
    alignas(32) float buffer[kGroupRows];
    _mm256_store_ps(buffer, values.low);
    _mm256_store_ps(buffer + 8, values.high);
    for (std::size_t i = low; i < high; ++i) to[i] = buffer[i];
  }
  static HWY_INLINE void prefetch(const std::byte* at) { _mm_prefetch(reinterpret_cast<const char*>(at), _MM_HINT_T0); }
};
