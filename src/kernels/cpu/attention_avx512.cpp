// Attention over keys and values kept as halves, for AVX-512 with BF16: products of pairs of halves, summed as floats. Queries and weights
// are rounded to halves too; a weight counts in the sum of weights as it was rounded, so that the rounding shifts no mean.
#if defined(__x86_64__)
#include <immintrin.h>

#include <hwy/base.h>

#include <cmath>
#include <cstring>

#include "kernels/cpu/attention_tables.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12's own AVX-512 header passes registers that it leaves undefined
#endif

HWY_PUSH_ATTRIBUTES("avx,avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16");
namespace tightrope::kernels {
namespace {

#include "kernels/cpu/attention_blocks.inl.h"

constexpr std::size_t kLanes = 16;
constexpr float kBinary = 1.44269504f;  // log2(e): scores are powers of 2 here

HWY_INLINE __m512 dot(__m512 sum, __m512i a, __m512i b) { return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b); }

HWY_INLINE __m512i broadcast_pair(const std::uint32_t* pair) { return _mm512_set1_epi32(static_cast<int>(*pair)); }

// The lanes [begin, end) of a vector, which may lie outside it.
HWY_INLINE __mmask16 lanes(std::size_t begin, std::size_t end) {
  const std::size_t low = begin < kLanes ? begin : kLanes, high = end < kLanes ? end : kLanes;
  return static_cast<__mmask16>(((1u << high) - 1u) & ~((1u << low) - 1u));
}

// Those of the vector at column j that are seen.
HWY_INLINE __mmask16 lanes(const Columns& seen, std::size_t j) {
  return lanes(seen.begin > j ? seen.begin - j : 0, seen.end > j ? seen.end - j : 0);
}

// 2^x for x <= 0, off by 3e-6 of it: a hundredth of what rounding to a half may be off by. The polynomial is the best of its degree
// for the part from -1/2 to 1/2.
HWY_INLINE __m512 power_of_two(__m512 x) {
  const __m512 bounded = _mm512_max_ps(_mm512_set1_ps(-1000.0f), x);  // in this order a NaN stays one
  const __m512 whole = _mm512_roundscale_ps(bounded, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m512 part = _mm512_sub_ps(bounded, whole);
  __m512 power = _mm512_set1_ps(9.58285308e-03f);
  power = _mm512_fmadd_ps(power, part, _mm512_set1_ps(5.59064246e-02f));
  power = _mm512_fmadd_ps(power, part, _mm512_set1_ps(2.40240986e-01f));
  power = _mm512_fmadd_ps(power, part, _mm512_set1_ps(6.93124193e-01f));
  power = _mm512_fmadd_ps(power, part, _mm512_set1_ps(1.0f));
  return _mm512_scalef_ps(power, whole);
}

// cap * tanh(x / cap), from e^(-2 |x| / cap).
HWY_INLINE __m512 capped(__m512 x, float cap) {
  const __m512 power = power_of_two(_mm512_mul_ps(_mm512_abs_ps(x), _mm512_set1_ps(-2 * kBinary / cap)));
  const __m512 one = _mm512_set1_ps(1.0f), sign = _mm512_and_ps(x, _mm512_set1_ps(-0.0f));
  const __m512 tangent = _mm512_div_ps(_mm512_sub_ps(one, power), _mm512_add_ps(one, power));
  return _mm512_mul_ps(_mm512_or_ps(tangent, sign), _mm512_set1_ps(cap));
}

// Scores, as powers of 2, and the weights that they become.
template <std::size_t kRows>
struct Block {
  alignas(64) float scores[kRows][kAttentionBlock];
  alignas(64) std::uint32_t weights[kRows][kAttentionBlock / 2];  // pairs of positions
};

// Fetches the cache lines that lie in cells to come as `at` and the vectors after it, `stride` bytes apart, lie in `cells`. Between the
// stretches that a head has in a block the processor does not see what comes next: without this, half of the bandwidth and more is lost.
template <std::size_t kVectors>
HWY_INLINE void fetch_ahead(const void* ahead, const void* cells, const void* at, std::size_t stride) {
  if (ahead == nullptr) return;
  const char* place = static_cast<const char*>(ahead) + (static_cast<const char*>(at) - static_cast<const char*>(cells));
  HWY_UNROLL(8)
  for (std::size_t v = 0; v < kVectors; ++v) _mm_prefetch(place + v * stride, _MM_HINT_T0);
}

// Scores of kVectors tiles of keys, each summed pair after pair.
template <std::size_t kRows, std::size_t kVectors>
HWY_INLINE void score(const AttentionArguments& a, const std::uint32_t* queries, std::size_t stride, std::size_t first, std::size_t column,
                      const void* ahead, Block<kRows>& block) {
  const std::size_t pairs = (a.head + 1) / 2;
  const std::uint16_t *cells = a.keys_of<std::uint16_t>(first / kAttentionBlock), *keys = cells + column * 2 * pairs;
  __m512 sums[kRows][kVectors];
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < kRows; ++r) {
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = _mm512_setzero_ps();
  }
  for (std::size_t i = 0; i < pairs; ++i, keys += 2 * kKeyTile) {
    __m512i key[kVectors];
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kVectors; ++v) key[v] = _mm512_loadu_si512(keys + v * kKeyTile * 2 * pairs);
    fetch_ahead<kVectors>(ahead, cells, keys, kKeyTile * 4 * pairs);
    HWY_UNROLL(8)
    for (std::size_t r = 0; r < kRows; ++r) {
      const __m512i query = broadcast_pair(queries + r * stride + i);
      HWY_UNROLL(8)
      for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = dot(sums[r][v], query, key[v]);
    }
  }
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < kRows; ++r) {
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kVectors; ++v) {
      const __m512 scaled = a.cap == 0 ? sums[r][v] : _mm512_mul_ps(capped(sums[r][v], a.cap), _mm512_set1_ps(kBinary));
      _mm512_store_ps(block.scores[r] + column + v * kLanes, scaled);
    }
  }
}

// What the blocks of some rows add to what came before: old sums times `before`, the block's times `now`.
template <std::size_t kRows>
struct Factors {
  float before[kRows], now[kRows];
};

// The largest score of the columns that a row sees; it sees all of [from, to) where kAll says so.
template <bool kAll>
HWY_INLINE float largest_of(const float* scores, const Columns& seen, std::size_t from, std::size_t to) {
  __m512 most = _mm512_set1_ps(-HUGE_VALF);
  for (std::size_t j = from; j < to; j += kLanes) {
    const __m512 some = _mm512_load_ps(scores + j);
    if constexpr (kAll)
      most = _mm512_max_ps(most, some);
    else
      most = _mm512_mask_max_ps(most, lanes(seen, j), most, some);
  }
  return _mm512_reduce_max_ps(most);
}

// Turns the scores of the columns that a row sees into weights, those of [from, to) that it does not see into 0; returns the weights' sum.
template <bool kAll>
HWY_INLINE float weigh(const float* scores, std::uint32_t* weights, const Columns& seen, std::size_t from, std::size_t to, float largest) {
  const __m512 shift = _mm512_set1_ps(largest);
  const __m512i one = _mm512_set1_epi16(0x3f80);
  __m512 total = _mm512_setzero_ps();
  for (std::size_t j = from; j < to; j += 2 * kLanes) {
    __m512 parts[2];
    HWY_UNROLL(2)
    for (std::size_t v = 0; v < 2; ++v) {
      parts[v] = power_of_two(_mm512_sub_ps(_mm512_load_ps(scores + j + v * kLanes), shift));
      if constexpr (!kAll) parts[v] = _mm512_maskz_mov_ps(lanes(seen, j + v * kLanes), parts[v]);
    }
    const auto rounded = (__m512i)_mm512_cvtne2ps_pbh(parts[1], parts[0]);
    total = dot(total, rounded, one);
    _mm512_store_si512(weights + j / 2, rounded);
  }
  return _mm512_reduce_add_ps(total);
}

template <std::size_t kRows, bool kAll>
HWY_INLINE void weigh_rows(Block<kRows>& block, const Columns* each, std::size_t from, std::size_t to, float* largest, float* totals) {
  for (std::size_t r = 0; r < kRows; ++r) largest[r] = largest_of<kAll>(block.scores[r], each[r], from, to);
  for (std::size_t r = 0; r < kRows; ++r) totals[r] = weigh<kAll>(block.scores[r], block.weights[r], each[r], from, to, largest[r]);
}

// The weights of a block for some rows, and what they do to the rows' states. Step after step for all rows: row after row would wait for
// one sum after another.
template <std::size_t kRows>
HWY_INLINE Factors<kRows> weigh(Block<kRows>& block, const Columns* each, std::size_t from, std::size_t to, float* largest, float* sums) {
  constexpr auto kMask = static_cast<__mmask16>((1u << kRows) - 1u);
  float here[kRows], total[kRows];
  bool all = true;
  for (std::size_t r = 0; r < kRows; ++r) all = all && each[r].begin <= from && each[r].end >= to;
  if (all)
    weigh_rows<kRows, true>(block, each, from, to, here, total);
  else
    weigh_rows<kRows, false>(block, each, from, to, here, total);
  __mmask16 sees = 0;
  for (std::size_t r = 0; r < kRows; ++r) sees |= static_cast<__mmask16>(each[r].empty() ? 0u : 1u << r);
  const __m512 old = _mm512_maskz_loadu_ps(kMask, largest), now = _mm512_maskz_loadu_ps(kMask, here);
  const __m512 highest = _mm512_max_ps(old, now);
  Factors<kRows> factors;
  const __m512 keep = _mm512_mask_mov_ps(_mm512_set1_ps(1), sees, power_of_two(_mm512_sub_ps(old, highest)));
  const __m512 add = _mm512_maskz_mov_ps(sees, power_of_two(_mm512_sub_ps(now, highest)));
  _mm512_mask_storeu_ps(factors.before, kMask, keep);
  _mm512_mask_storeu_ps(factors.now, kMask, add);
  const __m512 sum = _mm512_maskz_loadu_ps(kMask, sums), more = _mm512_maskz_loadu_ps(kMask, total);
  _mm512_mask_storeu_ps(sums, sees & kMask, _mm512_add_ps(_mm512_mul_ps(sum, keep), _mm512_mul_ps(more, add)));
  _mm512_mask_storeu_ps(largest, sees & kMask, highest);
  return factors;
}

// Adds what the columns [from, end) give to elements [i, i + width) of the rows' sums.
template <std::size_t kRows, std::size_t kVectors>
HWY_INLINE void average(const AttentionArguments& a, std::size_t first, std::size_t from, std::size_t end, std::size_t i, __mmask16 mask,
                        const void* ahead, const Block<kRows>& block, const Factors<kRows>& factors, float* sums, std::size_t width) {
  const auto load = [mask](const std::uint32_t* at) { return kVectors == 1 ? _mm512_maskz_loadu_epi32(mask, at) : _mm512_loadu_si512(at); };
  __m512 means[kRows][kVectors];
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < kRows; ++r) {
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kVectors; ++v) means[r][v] = _mm512_setzero_ps();
  }
  const auto* cells = reinterpret_cast<const std::uint32_t*>(a.values_of<std::uint16_t>(first / kAttentionBlock));
  const std::uint32_t* values = cells + from / 2 * a.head + i;
  std::size_t pair = from / 2;
  for (; pair < end / 2; ++pair, values += a.head) {
    __m512i value[kVectors];
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kVectors; ++v) value[v] = load(values + v * kLanes);
    fetch_ahead<kVectors>(ahead, cells, values, kLanes * sizeof(std::uint32_t));
    HWY_UNROLL(8)
    for (std::size_t r = 0; r < kRows; ++r) {
      const __m512i weight = broadcast_pair(block.weights[r] + pair);
      HWY_UNROLL(8)
      for (std::size_t v = 0; v < kVectors; ++v) means[r][v] = dot(means[r][v], weight, value[v]);
    }
  }
  if (end % 2 == 1) {  // the pair's other position may be none that there is
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kVectors; ++v) {
      const __m512i value = _mm512_and_si512(load(values + v * kLanes), _mm512_set1_epi32(0xffff));
      HWY_UNROLL(8)
      for (std::size_t r = 0; r < kRows; ++r) means[r][v] = dot(means[r][v], broadcast_pair(block.weights[r] + pair), value);
    }
  }
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < kRows; ++r) {
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kVectors; ++v) {
      float* sum = sums + r * width + i + v * kLanes;
      const __m512 before = _mm512_mul_ps(_mm512_loadu_ps(sum), _mm512_set1_ps(factors.before[r]));
      _mm512_storeu_ps(sum, _mm512_fmadd_ps(means[r][v], _mm512_set1_ps(factors.now[r]), before));
    }
  }
}

struct Kernel {
  static constexpr std::size_t kMostRows = 8;

  // A query is multiplied by the scores' scale before it is rounded.
  static HWY_INLINE void start(const AttentionArguments& a, const RowStates& states, std::size_t row, const float* query) {
    const __m512 scale = _mm512_set1_ps(a.cap == 0 ? a.scale * kBinary : a.scale);
    auto* halves = reinterpret_cast<std::uint16_t*>(states.queries + row * states.width);
    for (std::size_t i = 0; i < states.width; i += kLanes) {
      const __m512 some = _mm512_maskz_loadu_ps(lanes(0, a.head - i), query + i);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(halves + i), (__m256i)_mm512_cvtneps_pbh(_mm512_mul_ps(some, scale)));
      _mm512_storeu_ps(states.sums + row * states.width + i, _mm512_setzero_ps());
    }
  }

  template <std::size_t kRows>
  static HWY_INLINE void attend(const AttentionArguments& a, const RowStates& states, std::size_t first, std::size_t row,
                                const Columns* each, const Columns& all) {
    constexpr std::size_t kVectors = kRows > 4 ? 2 : 4;  // 16 sums
    const std::size_t from = all.begin / (2 * kLanes) * (2 * kLanes), to = (all.end + 2 * kLanes - 1) / (2 * kLanes) * (2 * kLanes);
    Block<kRows> block;
    const auto* queries = reinterpret_cast<const std::uint32_t*>(states.queries + row * states.width);
    // While the first rows score the block's keys its values are fetched, and with those the keys of the next block.
    const std::size_t index = first / kAttentionBlock;
    const void* values = row == 0 ? a.values_of<std::uint16_t>(index) : nullptr;
    const void* next = row == 0 && first + kAttentionBlock < a.positions ? a.keys_of<std::uint16_t>(index + 1) : nullptr;
    std::size_t j = from;
    for (; j + (kVectors - 1) * kLanes < all.end; j += kVectors * kLanes)
      score<kRows, kVectors>(a, queries, states.width, first, j, values, block);
    for (; j < all.end; j += kLanes) score<kRows, 1>(a, queries, states.width, first, j, values, block);
    const Factors<kRows> factors = weigh(block, each, from, to, states.largest + row, states.weights + row);
    float* sums = states.sums + row * states.width;
    std::size_t i = 0;
    for (; i + kVectors * kLanes <= a.head; i += kVectors * kLanes)
      average<kRows, kVectors>(a, first, from, all.end, i, 0, next, block, factors, sums, states.width);
    for (; i < a.head; i += kLanes)
      average<kRows, 1>(a, first, from, all.end, i, lanes(0, a.head - i), next, block, factors, sums, states.width);
  }

  static HWY_INLINE void finish(const AttentionArguments& a, const RowStates& states, std::size_t row, float* output) {
    const __m512 whole = _mm512_set1_ps(states.weights[row]);
    for (std::size_t i = 0; i < a.head; i += kLanes)
      _mm512_mask_storeu_ps(output + i, lanes(0, a.head - i), _mm512_div_ps(_mm512_loadu_ps(states.sums + row * states.width + i), whole));
  }
};

}  // namespace

void attend_halves_avx512(const AttentionArguments& arguments) noexcept { attend_all<Kernel>(arguments); }

}  // namespace tightrope::kernels
HWY_POP_ATTRIBUTES
#endif
