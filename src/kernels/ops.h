// The operations a transformer needs, as one table of plain functions per instruction set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "formats/codec.h"
#include "kernels/isa.h"

namespace tightrope::kernels {

// All arrays are row-major float32 unless said otherwise; strides count elements. No function allocates, throws or starts threads: the
// engine cuts the work into ranges and the result of a range never depends on how it was cut.

// y[t, r] = dot(weights[r], x[t]) for `rows` rows and `tokens` tokens. Every dot product is summed in an order that depends on `length`
// alone, so that a token's result is the same alone and in a batch.
struct MatmulArguments {
  const float* weights;  // [rows, length]
  const float* x;        // [tokens, length], rows x_stride apart
  float* y;              // [tokens, rows], rows y_stride apart
  std::size_t rows, tokens, length, x_stride, y_stride;
};

// Query tokens whose scores are kept at a time.
inline constexpr std::size_t kAttentionTile = 4;

// Causal or bidirectional softmax attention of one query head for a run of query tokens over the keys and values seen so far.
struct AttentionArguments {
  const float* queries;  // [tokens, head], rows query_stride apart
  const float* keys;     // [positions, head], rows cache_stride apart
  const float* values;   // the same
  float* output;         // [tokens, head], rows output_stride apart
  float* scores;         // scratch, [kAttentionTile, positions]
  std::size_t tokens, head, query_stride, cache_stride, output_stride;
  std::size_t first_position;  // of the first query token; when causal, token t sees positions [0, first_position + t]
  std::size_t positions;       // keys available; when not causal every token sees all of them
  bool causal;
  float scale;  // multiplies the scores: 1 / sqrt(head) by default
};

struct KernelTable {
  Isa isa;
  formats::Codec codec;  // encode and decode, bit-equal to each format's own functions
  void (*matmul)(const MatmulArguments& arguments) noexcept;
  void (*attention)(const AttentionArguments& arguments) noexcept;
  // y = x / sqrt(mean(x²) + epsilon) * weight over `length`. y may be x.
  void (*rms_norm)(const float* x, const float* weight, float* y, std::size_t length, float epsilon) noexcept;
  // Turns one head in place: (x[i], x[i + head/2]) by the angle whose cosine and sine are given, [head / 2] each.
  void (*rope)(float* x, const float* cosine, const float* sine, std::size_t head) noexcept;
  // y = silu(gate) * up; y may be gate or up.
  void (*swiglu)(const float* gate, const float* up, float* y, std::size_t length) noexcept;
  // x += y
  void (*add)(float* x, const float* y, std::size_t length) noexcept;
  // log(sum(exp(x))), stable.
  double (*log_sum_exp)(const float* x, std::size_t length) noexcept;
};

// The table of an instruction set. Errors: unsupported when this machine lacks it.
const KernelTable& kernel_table(Isa isa);

}  // namespace tightrope::kernels
