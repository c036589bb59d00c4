// Softmax attention of a few rows at a time: scores against the keys of a block that they see, softmax, mean of the values.

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

#include "kernels/cpu/attention_blocks.inl.h"

// Vectors that are summed at once beside 4 rows: 16 sums of AVX-512's 32 registers, 8 of the others' 16.
#if HWY_TARGET <= HWY_AVX3
constexpr std::size_t kTileVectors = 4;
#else
constexpr std::size_t kTileVectors = 2;
#endif

// Cells as floats: of one element of kLanes keys that lie beside each other, or of kLanes elements of one value.
struct FloatCells {
  using Type = float;
  static constexpr std::size_t kTogether = 1;
  static HWY_INLINE Vector load(const float* from, std::size_t /*which*/) { return hn::LoadU(Floats(), from); }
  static HWY_INLINE Vector load_next(const float* from, std::size_t /*which*/, std::size_t left) {
    return HWY_NAMESPACE::load_next(from, left);
  }
};

// A half is the upper half of a float, so that one of a pair of them is a float but for a shift or a mask.
struct HalfCells {
  using Type = std::uint16_t;
  static constexpr std::size_t kTogether = 2;
  static HWY_INLINE Vector choose(Vector pairs, std::size_t which) {
    const hn::RebindToUnsigned<Floats> words;
    const auto bits = hn::BitCast(words, pairs);
    return hn::BitCast(Floats(), which == 0 ? hn::ShiftLeft<16>(bits) : hn::And(bits, hn::Set(words, 0xffff0000u)));
  }
  static HWY_INLINE Vector load(const std::uint16_t* from, std::size_t which) {
    return choose(hn::LoadU(Floats(), reinterpret_cast<const float*>(from)), which);
  }
  static HWY_INLINE Vector load_next(const std::uint16_t* from, std::size_t which, std::size_t left) {
    return choose(HWY_NAMESPACE::load_next(reinterpret_cast<const float*>(from), left), which);
  }
};

// What a row's block adds to what came before: old sums times `before`, the block's times `now`.
struct Factors {
  float before, now;
};

// Turns the scores of the columns that a row sees into e^(score - largest), those of [from, to) that it does not see into 0. Vectors begin
// at multiples of their length, so that the sum's order does not depend on the other rows.
HWY_INLINE Factors weigh(float* scores, const Columns& seen, std::size_t from, std::size_t to, float& largest, float& sum) {
  const Floats d;
  const Vector lowest = hn::Set(d, -HUGE_VALF);
  const auto visible = [&](std::size_t j) {
    return hn::AndNot(hn::FirstN(d, seen.begin - (seen.begin < j ? seen.begin : j)),
                      hn::FirstN(d, seen.end - (seen.end < j ? seen.end : j)));
  };
  Vector most = lowest;
  for (std::size_t j = from; j < to; j += kLanes) most = hn::Max(most, hn::IfThenElse(visible(j), hn::LoadU(d, scores + j), lowest));
  const Vector shift = hn::MaxOfLanes(d, most);
  Vector total = hn::Zero(d);
  for (std::size_t j = from; j < to; j += kLanes) {
    const Vector weight = hn::IfThenElseZero(visible(j), exponential(hn::Sub(hn::LoadU(d, scores + j), shift)));
    total = hn::Add(total, weight);
    hn::StoreU(weight, d, scores + j);
  }
  if (seen.empty()) return {1, 0};
  const Vector old = hn::Set(d, largest), highest = hn::Max(old, shift);
  const Factors factors{largest == -HUGE_VALF ? 0 : hn::GetLane(exponential(hn::Sub(old, highest))),
                        hn::GetLane(exponential(hn::Sub(shift, highest)))};
  sum = sum * factors.before + sum_one(total) * factors.now;
  largest = hn::GetLane(highest);
  return factors;
}

template <class Cells>
struct Kernel {
  static constexpr std::size_t kMostRows = 4;
  using Cell = typename Cells::Type;

  // What kRows rows work with.
  template <std::size_t kRows>
  struct Tile {
    const AttentionArguments& a;
    std::size_t first, width;  // of the block, of a row of queries and sums
    const float* queries;
    float* sums;
    Factors factors[kRows];
    alignas(64) float scores[kRows][kAttentionBlock];  // then weights
  };

  static HWY_INLINE void start(const AttentionArguments& a, const RowStates& states, std::size_t row, const float* query) {
    for (std::size_t i = 0; i < states.width; i += kLanes) {
      const std::size_t left = i < a.head ? a.head - i : 0;
      hn::StoreU(HWY_NAMESPACE::load_next(query + (left == 0 ? 0 : i), left), Floats(), states.queries + row * states.width + i);
      hn::StoreU(hn::Zero(Floats()), Floats(), states.sums + row * states.width + i);
    }
  }

  // Scores of the columns [column, column + kVectors * kLanes), each summed element after element.
  template <std::size_t kRows, std::size_t kVectors>
  static HWY_INLINE void score(Tile<kRows>& tile, std::size_t column) {
    const Floats d;
    const AttentionArguments& a = tile.a;
    const std::size_t key_width = (a.head + Cells::kTogether - 1) / Cells::kTogether * Cells::kTogether;
    const Cell *block = a.keys_of<Cell>(tile.first / kAttentionBlock), *keys[kVectors];
    Vector sums[kRows][kVectors];
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kVectors; ++v) {
      const std::size_t position = column + v * kLanes, tiles = position / kKeyTile * kKeyTile * key_width;
      keys[v] = block + tiles + position % kKeyTile * Cells::kTogether;
      HWY_UNROLL(8)
      for (std::size_t r = 0; r < kRows; ++r) sums[r][v] = hn::Zero(d);
    }
    for (std::size_t i = 0; i < a.head; ++i) {
      Vector key[kVectors];
      const std::size_t which = i % Cells::kTogether;
      HWY_UNROLL(8)
      for (std::size_t v = 0; v < kVectors; ++v) key[v] = Cells::load(keys[v] + (i - which) * kKeyTile, which);
      HWY_UNROLL(8)
      for (std::size_t r = 0; r < kRows; ++r) {
        const Vector query = hn::Set(d, tile.queries[r * tile.width + i]);
        HWY_UNROLL(8)
        for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(query, key[v], sums[r][v]);
      }
    }
    HWY_UNROLL(8)
    for (std::size_t r = 0; r < kRows; ++r) {
      HWY_UNROLL(8)
      for (std::size_t v = 0; v < kVectors; ++v) {
        Vector value = hn::Mul(sums[r][v], hn::Set(d, a.scale));
        if (a.cap != 0) value = capped(value, hn::Set(d, a.cap));
        hn::StoreU(value, d, tile.scores[r] + column + v * kLanes);
      }
    }
  }

  // Adds what the columns [from, end) give to elements [i, i + width) of the rows' sums. A weight of 0 leaves a sum as it is, so a row's
  // bits do not depend on how many keys its neighbours see.
  template <std::size_t kRows, std::size_t kVectors>
  static HWY_INLINE void average(Tile<kRows>& tile, std::size_t from, std::size_t end, std::size_t i) {
    const Floats d;
    const AttentionArguments& a = tile.a;
    const Cell* block = a.values_of<Cell>(tile.first / kAttentionBlock);
    Vector means[kRows][kVectors];
    HWY_UNROLL(8)
    for (std::size_t r = 0; r < kRows; ++r) {
      HWY_UNROLL(8)
      for (std::size_t v = 0; v < kVectors; ++v) means[r][v] = hn::Zero(d);
    }
    for (std::size_t j = from; j < end; ++j) {
      const std::size_t which = j % Cells::kTogether;
      const Cell* values = block + (j / Cells::kTogether * a.head + i) * Cells::kTogether;
      Vector value[kVectors];
      HWY_UNROLL(8)
      for (std::size_t v = 0; v < kVectors; ++v)
        value[v] = kVectors == 1 ? Cells::load_next(values, which, a.head - i) : Cells::load(values + v * kLanes * Cells::kTogether, which);
      HWY_UNROLL(8)
      for (std::size_t r = 0; r < kRows; ++r) {
        const Vector weight = hn::Set(d, tile.scores[r][j]);
        HWY_UNROLL(8)
        for (std::size_t v = 0; v < kVectors; ++v) means[r][v] = hn::MulAdd(weight, value[v], means[r][v]);
      }
    }
    HWY_UNROLL(8)
    for (std::size_t r = 0; r < kRows; ++r) {
      HWY_UNROLL(8)
      for (std::size_t v = 0; v < kVectors; ++v) {
        float* sum = tile.sums + r * tile.width + i + v * kLanes;
        const Vector before = hn::Mul(hn::LoadU(d, sum), hn::Set(d, tile.factors[r].before));
        hn::StoreU(hn::MulAdd(means[r][v], hn::Set(d, tile.factors[r].now), before), d, sum);
      }
    }
  }

  template <std::size_t kRows>
  static HWY_INLINE void attend(const AttentionArguments& a, const RowStates& states, std::size_t first, std::size_t row,
                                const Columns* each, const Columns& all) {
    Tile<kRows> tile{a, first, states.width, states.queries + row * states.width, states.sums + row * states.width, {}, {}};
    const std::size_t from = all.begin / kKeyTile * kKeyTile;
    std::size_t j = from;
    for (; j + (kTileVectors - 1) * kLanes < all.end; j += kTileVectors * kLanes) score<kRows, kTileVectors>(tile, j);
    for (; j < all.end; j += kLanes) score<kRows, 1>(tile, j);
    for (std::size_t r = 0; r < kRows; ++r)
      tile.factors[r] = weigh(tile.scores[r], each[r], from, all.end, states.largest[row + r], states.weights[row + r]);
    std::size_t i = 0;
    for (; i + kTileVectors * kLanes <= a.head; i += kTileVectors * kLanes) average<kRows, kTileVectors>(tile, from, all.end, i);
    for (; i + 2 * kLanes <= a.head; i += 2 * kLanes) average<kRows, 2>(tile, from, all.end, i);
    for (; i < a.head; i += kLanes) average<kRows, 1>(tile, from, all.end, i);
  }

  static HWY_INLINE void finish(const AttentionArguments& a, const RowStates& states, std::size_t row, float* output) {
    const Vector whole = hn::Set(Floats(), states.weights[row]);
    for (std::size_t i = 0; i < a.head; i += kLanes)
      store_next(hn::Div(hn::LoadU(Floats(), states.sums + row * states.width + i), whole), output + i, a.head - i);
  }
};

void attend_floats(const AttentionArguments& arguments) noexcept { attend_all<Kernel<FloatCells>>(arguments); }
void attend_halves(const AttentionArguments& arguments) noexcept { attend_all<Kernel<HalfCells>>(arguments); }

}  // namespace
}  // namespace tightrope::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
