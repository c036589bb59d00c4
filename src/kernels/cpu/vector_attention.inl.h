// Softmax attention of a few query tokens at a time: scores against all keys, softmax, mean of the values.

#if defined(TIGHTROPE_VECTOR_ATTENTION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TIGHTROPE_VECTOR_ATTENTION_INL_H_
#undef TIGHTROPE_VECTOR_ATTENTION_INL_H_
#else
#define TIGHTROPE_VECTOR_ATTENTION_INL_H_
#endif

#include "kernels/cpu/vector_elementwise.inl.h"
#include "kernels/cpu/vector_matmul.inl.h"

HWY_BEFORE_NAMESPACE();
namespace tightrope::kernels::HWY_NAMESPACE {
namespace {

// Vectors of a head that are summed at once: with 4 tokens, 16 sums of AVX-512's 32 registers, 8 of the others' 16.
#if HWY_TARGET <= HWY_AVX3
constexpr std::size_t kTileVectors = 4;
#else
constexpr std::size_t kTileVectors = 2;
#endif

// scores[t, j] = scale * dot(query t, key j) for j in [0, count); rows a.positions apart.
template <std::size_t kTokens>
HWY_INLINE void score(const AttentionArguments& a, const float* queries, std::size_t count) {
  std::size_t j = 0;
  for (; j + 4 <= count; j += 4) {
    Tile<4, kTokens> tile{a.keys + j * a.cache_stride, a.cache_stride, queries, a.query_stride, {}};
    multiply(tile, a.head);
    HWY_UNROLL(8)
    for (std::size_t t = 0; t < kTokens; ++t) {
      const auto sums = sum_four(tile.sums[0][t], tile.sums[1][t], tile.sums[2][t], tile.sums[3][t]);
      hn::StoreU(hn::Mul(sums, hn::Set(Four(), a.scale)), Four(), a.scores + t * a.positions + j);
    }
  }
  for (; j < count; ++j) {
    Tile<1, kTokens> tile{a.keys + j * a.cache_stride, a.cache_stride, queries, a.query_stride, {}};
    multiply(tile, a.head);
    for (std::size_t t = 0; t < kTokens; ++t) a.scores[t * a.positions + j] = sum_one(tile.sums[0][t]) * a.scale;
  }
}

// Turns the first `visible` scores into e^(score - largest), the rest up to `count` into 0, and returns their sum.
HWY_INLINE float exponentiate(float* scores, std::size_t visible, std::size_t count) {
  const Floats d;
  const Vector shift = hn::Set(d, largest_of(scores, visible));
  Vector sum = hn::Zero(d);
  for (std::size_t j = 0; j < visible; j += kLanes) {
    const std::size_t left = visible - j;
    Vector weight = exponential(hn::Sub(load_next(scores + j, left), shift));
    if (left < kLanes) weight = hn::IfThenElseZero(hn::FirstN(d, left), weight);
    sum = hn::Add(sum, weight);
    store_next(weight, scores + j, left);
  }
  for (std::size_t j = visible; j < count; ++j) scores[j] = 0;
  return sum_one(sum);
}

// Elements [i, i + width) of every token's output: the values' mean, weighted by the scores. A weight of 0 leaves a sum as it is, so a
// token's bits do not depend on how many keys its neighbours see.
template <std::size_t kTokens, std::size_t kVectors>
HWY_INLINE void average(const AttentionArguments& a, const float* sums, std::size_t i, std::size_t width, std::size_t count,
                        float* output) {
  const Floats d;
  Vector means[kTokens][kVectors];
  HWY_UNROLL(8)
  for (std::size_t t = 0; t < kTokens; ++t)
    for (std::size_t v = 0; v < kVectors; ++v) means[t][v] = hn::Zero(d);
  const float* values = a.values + i;
  for (std::size_t j = 0; j < count; ++j, values += a.cache_stride) {
    Vector value[kVectors];
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kVectors; ++v) value[v] = kVectors == 1 ? load_next(values, width) : hn::LoadU(d, values + v * kLanes);
    HWY_UNROLL(8)
    for (std::size_t t = 0; t < kTokens; ++t) {
      const Vector weight = hn::Set(d, a.scores[t * a.positions + j]);
      for (std::size_t v = 0; v < kVectors; ++v) means[t][v] = hn::MulAdd(weight, value[v], means[t][v]);
    }
  }
  for (std::size_t t = 0; t < kTokens; ++t)
    for (std::size_t v = 0; v < kVectors; ++v)
      store_next(hn::Div(means[t][v], hn::Set(d, sums[t])), output + t * a.output_stride + i + v * kLanes, width - v * kLanes);
}

// Query tokens [token, token + kTokens).
template <std::size_t kTokens>
HWY_INLINE void attend(const AttentionArguments& a, std::size_t token) {
  const std::size_t count = a.causal ? a.first_position + token + kTokens : a.positions;
  score<kTokens>(a, a.queries + token * a.query_stride, count);
  float sums[kTokens];
  for (std::size_t t = 0; t < kTokens; ++t)
    sums[t] = exponentiate(a.scores + t * a.positions, a.causal ? a.first_position + token + t + 1 : a.positions, count);
  float* output = a.output + token * a.output_stride;
  constexpr std::size_t kWidth = kTileVectors * kLanes;
  std::size_t i = 0;
  for (; i + kWidth <= a.head; i += kWidth) average<kTokens, kTileVectors>(a, sums, i, kWidth, count, output);
  for (; i < a.head; i += kLanes) average<kTokens, 1>(a, sums, i, a.head - i < kLanes ? a.head - i : kLanes, count, output);
}

void attention(const AttentionArguments& arguments) noexcept {
  std::size_t token = 0;
  for (; token + kAttentionTile <= arguments.tokens; token += kAttentionTile) attend<kAttentionTile>(arguments, token);
  for (; token < arguments.tokens; ++token) attend<1>(arguments, token);
}

}  // namespace
}  // namespace tightrope::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
