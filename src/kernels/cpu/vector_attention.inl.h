// Softmax attention of a few query tokens at a time: scores against the keys they see, softmax, mean of the values.

#if defined(TIGHTROPE_VECTOR_ATTENTION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TIGHTROPE_VECTOR_ATTENTION_INL_H_
#undef TIGHTROPE_VECTOR_ATTENTION_INL_H_
#else
#define TIGHTROPE_VECTOR_ATTENTION_INL_H_
#endif

#include "kernels/cpu/vector_elementwise.inl.h"
#include "kernels/ops.h"

HWY_BEFORE_NAMESPACE();
namespace tightrope::kernels::HWY_NAMESPACE {
namespace {

// Vectors that are summed at once beside 4 tokens: 16 sums of AVX-512's 32 registers, 8 of the others' 16.
#if HWY_TARGET <= HWY_AVX3
constexpr std::size_t kTileVectors = 4;
#else
constexpr std::size_t kTileVectors = 2;
#endif

// The keys that some token of a tile sees, from the beginning of their first tile of keys: position j's score is in column j - begin.
struct Columns {
  std::size_t begin, end;  // positions; begin is a multiple of kKeyTile
  std::size_t stride;      // of the rows of scores

  Columns(const AttentionArguments& a, std::size_t first, std::size_t tokens)
      : begin(a.visible_begin(first) / kKeyTile * kKeyTile),
        end(a.visible_end(first + tokens - 1)),
        stride(key_tiles(a.positions) * kKeyTile) {}
};

// Scores of the positions [j, j + kVectors * kLanes), each summed element after element.
template <std::size_t kTokens, std::size_t kVectors>
HWY_INLINE void score_some(const AttentionArguments& a, const float* queries, std::size_t j, float* scores, std::size_t stride) {
  const Floats d;
  const float* keys[kVectors];
  Vector sums[kTokens][kVectors];
  HWY_UNROLL(8)
  for (std::size_t v = 0; v < kVectors; ++v) {
    const std::size_t position = j + v * kLanes;
    keys[v] = a.keys + position / kKeyTile * a.key_stride + position % kKeyTile;
    HWY_UNROLL(8)
    for (std::size_t t = 0; t < kTokens; ++t) sums[t][v] = hn::Zero(d);
  }
  for (std::size_t i = 0; i < a.head; ++i) {
    Vector key[kVectors];
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kVectors; ++v) key[v] = hn::LoadU(d, keys[v] + i * kKeyTile);
    HWY_UNROLL(8)
    for (std::size_t t = 0; t < kTokens; ++t) {
      const Vector query = hn::Set(d, queries[t * a.query_stride + i]);
      HWY_UNROLL(8)
      for (std::size_t v = 0; v < kVectors; ++v) sums[t][v] = hn::MulAdd(query, key[v], sums[t][v]);
    }
  }
  HWY_UNROLL(8)
  for (std::size_t t = 0; t < kTokens; ++t) {
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kVectors; ++v) {
      Vector value = hn::Mul(sums[t][v], hn::Set(d, a.scale));
      if (a.cap != 0) value = capped(value, hn::Set(d, a.cap));
      hn::StoreU(value, d, scores + t * stride + v * kLanes);
    }
  }
}

template <std::size_t kTokens>
HWY_INLINE void score(const AttentionArguments& a, const float* queries, const Columns& columns) {
  std::size_t j = columns.begin;
  for (; j + (kTileVectors - 1) * kLanes < columns.end; j += kTileVectors * kLanes)
    score_some<kTokens, kTileVectors>(a, queries, j, a.scores + (j - columns.begin), columns.stride);
  for (; j < columns.end; j += kLanes) score_some<kTokens, 1>(a, queries, j, a.scores + (j - columns.begin), columns.stride);
}

// Turns the scores of the positions [begin, end) into e^(score - largest), all others of the columns into 0, and returns their sum.
// Vectors begin at multiples of their length, so that the sum's order does not depend on the other tokens of the tile.
HWY_INLINE float exponentiate(float* scores, const Columns& columns, std::size_t begin, std::size_t end) {
  const Floats d;
  const std::size_t left = begin - columns.begin, right = end - columns.begin, count = columns.end - columns.begin;
  const Vector lowest = hn::Set(d, -HUGE_VALF);
  Vector largest = lowest;
  for (std::size_t j = 0; j < count; j += kLanes) {
    const auto seen = hn::AndNot(hn::FirstN(d, left - (left < j ? left : j)), hn::FirstN(d, right - (right < j ? right : j)));
    const Vector value = hn::IfThenElse(seen, hn::LoadU(d, scores + j), lowest);
    hn::StoreU(value, d, scores + j);
    largest = hn::Max(largest, value);
  }
  const Vector shift = hn::MaxOfLanes(d, largest);
  Vector sum = hn::Zero(d);
  for (std::size_t j = 0; j < count; j += kLanes) {
    const Vector value = hn::LoadU(d, scores + j);
    const Vector weight = hn::IfThenElseZero(hn::Gt(value, lowest), exponential(hn::Sub(value, shift)));
    sum = hn::Add(sum, weight);
    hn::StoreU(weight, d, scores + j);
  }
  return sum_one(sum);
}

// Elements [i, i + width) of every token's output: the values' mean, weighted by the scores. A weight of 0 leaves a sum as it is, so a
// token's bits do not depend on how many keys its neighbours see.
template <std::size_t kTokens, std::size_t kVectors>
HWY_INLINE void average(const AttentionArguments& a, const Columns& columns, const float* sums, std::size_t i, std::size_t width,
                        float* output) {
  const Floats d;
  Vector means[kTokens][kVectors];
  HWY_UNROLL(8)
  for (std::size_t t = 0; t < kTokens; ++t)
    for (std::size_t v = 0; v < kVectors; ++v) means[t][v] = hn::Zero(d);
  const float* values = a.values + columns.begin * a.value_stride + i;
  for (std::size_t j = 0; j < columns.end - columns.begin; ++j, values += a.value_stride) {
    Vector value[kVectors];
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kVectors; ++v) value[v] = kVectors == 1 ? load_next(values, width) : hn::LoadU(d, values + v * kLanes);
    HWY_UNROLL(8)
    for (std::size_t t = 0; t < kTokens; ++t) {
      const Vector weight = hn::Set(d, a.scores[t * columns.stride + j]);
      HWY_UNROLL(8)
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
  const std::size_t first = a.first_position + token;
  const Columns columns(a, first, kTokens);
  score<kTokens>(a, a.queries + token * a.query_stride, columns);
  float sums[kTokens];
  for (std::size_t t = 0; t < kTokens; ++t)
    sums[t] = exponentiate(a.scores + t * columns.stride, columns, a.visible_begin(first + t), a.visible_end(first + t));
  float* output = a.output + token * a.output_stride;
  constexpr std::size_t kWidth = kTileVectors * kLanes, kNarrow = 2 * kLanes;
  std::size_t i = 0;
  for (; i + kWidth <= a.head; i += kWidth) average<kTokens, kTileVectors>(a, columns, sums, i, kWidth, output);
  for (; i + kNarrow <= a.head; i += kNarrow) average<kTokens, 2>(a, columns, sums, i, kNarrow, output);
  for (; i < a.head; i += kLanes) average<kTokens, 1>(a, columns, sums, i, a.head - i < kLanes ? a.head - i : kLanes, output);
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
