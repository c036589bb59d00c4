// 16 floats for AVX-512, one register: what packed products of every kind need. Included between the attributes.
#pragma once

struct Lanes {
  using Floats = __m512;

  static HWY_INLINE __m512i broadcast_word(const void* four_bytes) {
    int word;
    std::memcpy(&word, four_bytes, sizeof word);
    return _mm512_set1_epi32(word);
  }
  static HWY_INLINE Floats zero_floats() { return _mm512_setzero_ps(); }
  static HWY_INLINE __mmask16 lanes(std::size_t low, std::size_t high) {
    return static_cast<__mmask16>((0xffffu << low) & (0xffffu >> (16 - high)));
  }
  static HWY_INLINE Floats load_lanes(const float* from, std::size_t low, std::size_t high) {
    return _mm512_maskz_loadu_ps(lanes(low, high), from);
  }
  static HWY_INLINE void store_lanes(Floats values, float* to, std::size_t low, std::size_t high) {
    _mm512_mask_storeu_ps(to, lanes(low, high), values);
  }
  static HWY_INLINE void prefetch(const std::byte* at) { _mm_prefetch(reinterpret_cast<const char*>(at), _MM_HINT_T0); }
};
