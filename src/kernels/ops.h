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

// Query tokens whose scores are kept at a time.
inline constexpr std::size_t kAttentionTile = 4;
// Positions of a tile of keys. Within a tile the keys lie transposed, so that a vector holds one element of many keys and no sum crosses
// lanes: element i of the key at position p is at [p / kKeyTile][i][p % kKeyTile].
inline constexpr std::size_t kKeyTile = 16;

constexpr std::size_t key_tiles(std::size_t positions) { return (positions + kKeyTile - 1) / kKeyTile; }

// Softmax attention of one query head for a run of query tokens. The token at position p sees the positions [p - behind, p + ahead] that
// there are: causal attention looks nothing ahead, a window of w looks w - 1 behind, two-sided attention kEverything in both directions.
struct AttentionArguments {
  static constexpr std::size_t kEverything = SIZE_MAX / 2;

  const float* queries;  // [tokens, head], rows query_stride apart
  const float* keys;     // [key_tiles(positions)][head, kKeyTile], tiles key_stride apart; what lies beyond the last position is ignored
  const float* values;   // [positions, head], rows value_stride apart
  float* output;         // [tokens, head], rows output_stride apart
  float* scores;         // scratch, [kAttentionTile, key_tiles(positions) * kKeyTile]
  std::size_t tokens, head, query_stride, key_stride, value_stride, output_stride;
  std::size_t first_position;  // of the first query token
  std::size_t positions;       // keys there are
  std::size_t behind, ahead;   // positions
  float scale;                 // multiplies the scores
  float cap = 0;               // then they become cap * tanh(score / cap); 0: they do not

  std::size_t visible_begin(std::size_t position) const { return position > behind ? position - behind : 0; }
  std::size_t visible_end(std::size_t position) const { return ahead < positions - position ? position + ahead + 1 : positions; }
};

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
  void (*attention)(const AttentionArguments& arguments) noexcept;
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
