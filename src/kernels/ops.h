// The operations a transformer needs, as one table of plain functions per instruction set.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "formats/codec.h"
#include "kernels/isa.h"

namespace tightrope::kernels {

// All arrays are row-major float32 unless said otherwise; strides count elements. No function allocates, throws or starts threads: the
// engine cuts the work into ranges and the result of a range never depends on how it was cut.

// y[t, r] = dot(weights[r], x[t]) + bias[r] for `rows` rows and `tokens` tokens. Every dot product is summed in an order that depends on
// `length` alone, so that a token's result is the same alone and in a batch.
struct MatmulArguments {
  const float* weights;  // [rows, length]
  const float* x;        // [tokens, length], rows x_stride apart
  float* y;              // [tokens, rows], rows y_stride apart
  std::size_t rows, tokens, length, x_stride, y_stride;
  const float* bias = nullptr;  // [rows], or null
};

// How keys and values are kept. The halves are what most models were trained with.
enum class Cell : std::uint8_t { f32, bf16 };
inline constexpr std::size_t kCells = 2;

// Positions of a tile of keys. Within a tile the keys lie transposed, so that a vector holds one element of many keys and no sum crosses
// lanes.
inline constexpr std::size_t kKeyTile = 16;
// Positions whose scores are kept at a time, from a multiple of it on: a softmax is taken block by block, in their order, so that its bits
// depend on positions alone.
inline constexpr std::size_t kAttentionBlock = 128;

constexpr std::size_t key_tiles(std::size_t positions) { return (positions + kKeyTile - 1) / kKeyTile; }

// Where the cells of a head lie: those of a block of positions together, so that memory is read in long stretches. Halves that are
// multiplied and added in pairs lie in pairs: two elements of a key, two positions of a value.
struct CellLayout {
  std::size_t bytes;     // of a cell
  std::size_t together;  // cells of a pair; 1: there are none

  // Elements of a key with those that fill its last pair, which must be 0.
  constexpr std::size_t key_width(std::size_t head) const { return (head + together - 1) / together * together; }
  // Of element i of the key at a position of the block: [tiles, key_width / together, kKeyTile, together].
  constexpr std::size_t key(std::size_t position, std::size_t i, std::size_t head) const {
    return position / kKeyTile * kKeyTile * key_width(head) + (i / together * kKeyTile + position % kKeyTile) * together + i % together;
  }
  // Of element i of the value at a position of the block: [positions / together, head, together].
  constexpr std::size_t value(std::size_t position, std::size_t i, std::size_t head) const {
    return (position / together * head + i) * together + position % together;
  }
};
constexpr CellLayout cell_layout(Cell cell) {
  constexpr CellLayout kLayouts[kCells] = {{4, 1}, {2, 2}};
  return kLayouts[static_cast<std::size_t>(cell)];
}

// Softmax attention of the query heads that share a key head, for a run of query tokens. The token at position p sees the positions
// [p - behind, p + ahead] that there are: causal attention looks nothing ahead, a window of w looks w - 1 behind, two-sided attention
// kEverything in both directions.
struct AttentionArguments {
  static constexpr std::size_t kEverything = SIZE_MAX / 2;

  const float* queries;  // [tokens, group, head], tokens query_stride apart
  const void* keys;      // cells, blocks key_stride apart; those beyond the last position are ignored
  const void* values;    // cells, blocks value_stride apart; those beyond the last position are ignored
  float* output;         // [tokens, group, head], tokens output_stride apart
  float* scratch;        // [attention_scratch(tokens * group, head)]
  std::size_t tokens, group, head, query_stride, key_stride, value_stride, output_stride;
  std::size_t first_position;  // of the first query token
  std::size_t positions;       // keys there are
  std::size_t behind, ahead;   // positions
  float scale;                 // multiplies the scores
  float cap = 0;               // then they become cap * tanh(score / cap); 0: they do not
  // Null, or where the blocks lie instead: the keys of block b begin key_stride cells after pages[b], its values value_stride cells.
  const std::byte* const* pages = nullptr;

  template <class Type>
  const Type* keys_of(std::size_t block) const {
    return pages == nullptr ? static_cast<const Type*>(keys) + block * key_stride
                            : reinterpret_cast<const Type*>(pages[block]) + key_stride;
  }
  template <class Type>
  const Type* values_of(std::size_t block) const {
    return pages == nullptr ? static_cast<const Type*>(values) + block * value_stride
                            : reinterpret_cast<const Type*>(pages[block]) + value_stride;
  }
  std::size_t visible_begin(std::size_t position) const { return position > behind ? position - behind : 0; }
  std::size_t visible_end(std::size_t position) const { return ahead < positions - position ? position + ahead + 1 : positions; }
};
using AttentionFunction = void (*)(const AttentionArguments& arguments) noexcept;

// Floats of scratch for `rows` pairs of a query token and a head: a row's query, its sums of values (in whole vectors), two numbers.
constexpr std::size_t attention_scratch(std::size_t rows, std::size_t head) { return rows * (2 * ((head + 15) / 16 * 16) + 2); }

// y = norm(x) over `length`; y may be x.
struct NormArguments {
  const float* x;
  const float* weight;
  const float* bias;  // null: none
  float* y;
  std::size_t length;
  float epsilon;
};
using NormFunction = void (*)(const NormArguments& arguments) noexcept;

enum class Activation : std::uint8_t {
  identity,
  silu,       // x / (1 + e^-x)
  gelu,       // x * Φ(x)
  gelu_tanh,  // x / 2 * (1 + tanh(sqrt(2 / π) * (x + 0.044715 * x³)))
  relu,
  tanh,
};
inline constexpr std::size_t kActivations = 6;
// y = activation(x) * gate, or activation(x) when there is no gate (null). y may be x or gate.
using ActivationFunction = void (*)(const float* x, const float* gate, float* y, std::size_t length) noexcept;

struct KernelTable {
  Isa isa;
  formats::Codec codec;  // encode and decode, bit-equal to each format's own functions
  void (*matmul)(const MatmulArguments& arguments) noexcept;
  std::array<AttentionFunction, kCells> attention;           // by Cell
  NormFunction rms_norm;                                     // x / sqrt(mean(x²) + epsilon) * weight + bias
  NormFunction layer_norm;                                   // (x - mean(x)) / sqrt(variance(x) + epsilon) * weight + bias
  NormFunction affine;                                       // x * weight + bias
  std::array<ActivationFunction, kActivations> activations;  // by Activation
  // Turns the first `dimensions` of a head in place: (x[i], x[i + dimensions/2]) by the angle whose cosine and sine are given.
  void (*rope)(float* x, const float* cosine, const float* sine, std::size_t dimensions) noexcept;
  // x += y
  void (*add)(float* x, const float* y, std::size_t length) noexcept;
  // x += factor * y
  void (*add_scaled)(float* x, const float* y, float factor, std::size_t length) noexcept;
  // x *= factor
  void (*scale)(float* x, float factor, std::size_t length) noexcept;
  // x = cap * tanh(x / cap)
  void (*soft_cap)(float* x, float cap, std::size_t length) noexcept;
  // log(sum(exp(x))), stable.
  double (*log_sum_exp)(const float* x, std::size_t length) noexcept;
};

// The table of an instruction set. Errors: unsupported when this machine lacks it.
const KernelTable& kernel_table(Isa isa);

}  // namespace tightrope::kernels
