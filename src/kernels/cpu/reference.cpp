// Every operation as plain loops with sums in double precision: slow, obvious, and what the others must agree with.
#include "kernels/cpu/reference.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "tensor/half.h"

namespace tightrope::kernels {
namespace {

double dot(const float* a, const float* b, std::size_t length) {
  double sum = 0;
  for (std::size_t i = 0; i < length; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

void matmul(const MatmulArguments& a) noexcept {
  for (std::size_t t = 0; t < a.tokens; ++t)
    for (std::size_t r = 0; r < a.rows; ++r) {
      const float product = static_cast<float>(dot(a.weights + r * a.length, a.x + t * a.x_stride, a.length));
      a.y[t * a.y_stride + r] = a.bias == nullptr ? product : product + a.bias[r];
    }
}

struct Floats {
  using Type = float;
  static constexpr CellLayout kLayout = cell_layout(Cell::f32);
  static double number(float cell) { return static_cast<double>(cell); }
};
struct Halves {
  using Type = bf16;
  static constexpr CellLayout kLayout = cell_layout(Cell::bf16);
  static double number(bf16 cell) { return static_cast<double>(to_f32(cell)); }
};

template <class Cells>
double score(const AttentionArguments& a, const float* query, std::size_t position) {
  const auto* key = a.keys_of<typename Cells::Type>(position / kAttentionBlock);
  double sum = 0;
  for (std::size_t i = 0; i < a.head; ++i)
    sum += static_cast<double>(query[i]) * Cells::number(key[Cells::kLayout.key(position % kAttentionBlock, i, a.head)]);
  const float scaled = static_cast<float>(sum) * a.scale;
  return static_cast<double>(a.cap == 0 ? scaled : a.cap * std::tanh(scaled / a.cap));
}

// Elements [first, first + kMost) of what one query sees in the positions [begin, end), whose largest score is given.
constexpr std::size_t kMost = 256;
template <class Cells>
void average(const AttentionArguments& a, const float* query, std::size_t begin, std::size_t end, double largest, std::size_t first,
             float* output) {
  const std::size_t count = std::min(kMost, a.head - first);
  std::array<double, kMost> mean{};
  double sum = 0;
  for (std::size_t j = begin; j < end; ++j) {
    const double weight = std::exp(score<Cells>(a, query, j) - largest);
    sum += weight;
    const auto* values = a.values_of<typename Cells::Type>(j / kAttentionBlock);
    for (std::size_t i = 0; i < count; ++i)
      mean[i] += weight * Cells::number(values[Cells::kLayout.value(j % kAttentionBlock, first + i, a.head)]);
  }
  for (std::size_t i = 0; i < count; ++i) output[first + i] = static_cast<float>(mean[i] / sum);
}

template <class Cells>
void attention(const AttentionArguments& a) noexcept {
  for (std::size_t t = 0; t < a.tokens; ++t)
    for (std::size_t g = 0; g < a.group; ++g) {
      const float* query = a.queries + t * a.query_stride + g * a.head;
      const std::size_t begin = a.visible_begin(a.first_position + t), end = a.visible_end(a.first_position + t);
      double largest = -HUGE_VAL;
      for (std::size_t j = begin; j < end; ++j) largest = std::max(largest, score<Cells>(a, query, j));
      for (std::size_t i = 0; i < a.head; i += kMost)
        average<Cells>(a, query, begin, end, largest, i, a.output + t * a.output_stride + g * a.head);
    }
}

void normalise(const NormArguments& a, double mean, double mean_square) {
  const double scale = 1.0 / std::sqrt(mean_square + static_cast<double>(a.epsilon));
  for (std::size_t i = 0; i < a.length; ++i) {
    const float y = static_cast<float>((static_cast<double>(a.x[i]) - mean) * scale) * a.weight[i];
    a.y[i] = a.bias == nullptr ? y : y + a.bias[i];
  }
}

void rms_norm(const NormArguments& a) noexcept { normalise(a, 0, dot(a.x, a.x, a.length) / static_cast<double>(a.length)); }

void layer_norm(const NormArguments& a) noexcept {
  double mean = 0, variance = 0;
  for (std::size_t i = 0; i < a.length; ++i) mean += static_cast<double>(a.x[i]) / static_cast<double>(a.length);
  for (std::size_t i = 0; i < a.length; ++i) {
    const double deviation = static_cast<double>(a.x[i]) - mean;
    variance += deviation * deviation / static_cast<double>(a.length);
  }
  normalise(a, mean, variance);
}

void affine(const NormArguments& a) noexcept {
  for (std::size_t i = 0; i < a.length; ++i) a.y[i] = a.bias == nullptr ? a.x[i] * a.weight[i] : a.x[i] * a.weight[i] + a.bias[i];
}

double identity(double x) { return x; }
double silu(double x) { return x / (1 + std::exp(-x)); }
double gelu(double x) { return x * 0.5 * std::erfc(-x / std::numbers::sqrt2); }
double gelu_tanh(double x) { return x / 2 * (1 + std::tanh(std::sqrt(2 * std::numbers::inv_pi) * (x + 0.044715 * x * x * x))); }
double relu(double x) { return std::max(x, 0.0); }
double hyperbolic_tangent(double x) { return std::tanh(x); }

template <auto kFunction>
void activate(const float* x, const float* gate, float* y, std::size_t length) noexcept {
  for (std::size_t i = 0; i < length; ++i) {
    const float value = static_cast<float>(kFunction(static_cast<double>(x[i])));
    y[i] = gate == nullptr ? value : value * gate[i];
  }
}

void rope(float* x, const float* cosine, const float* sine, std::size_t dimensions) noexcept {
  const std::size_t half = dimensions / 2;
  for (std::size_t i = 0; i < half; ++i) {
    const float real = x[i], imaginary = x[i + half];
    x[i] = real * cosine[i] - imaginary * sine[i];
    x[i + half] = imaginary * cosine[i] + real * sine[i];
  }
}

void add(float* x, const float* y, std::size_t length) noexcept {
  for (std::size_t i = 0; i < length; ++i) x[i] += y[i];
}

void add_scaled(float* x, const float* y, float factor, std::size_t length) noexcept {
  for (std::size_t i = 0; i < length; ++i) x[i] += factor * y[i];
}

void scale(float* x, float factor, std::size_t length) noexcept {
  for (std::size_t i = 0; i < length; ++i) x[i] *= factor;
}

void soft_cap(float* x, float cap, std::size_t length) noexcept {
  for (std::size_t i = 0; i < length; ++i) x[i] = cap * std::tanh(x[i] / cap);
}

double log_sum_exp(const float* x, std::size_t length) noexcept {
  double largest = -HUGE_VAL;
  for (std::size_t i = 0; i < length; ++i) largest = std::max(largest, static_cast<double>(x[i]));
  double sum = 0;
  for (std::size_t i = 0; i < length; ++i) sum += std::exp(static_cast<double>(x[i]) - largest);
  return largest + std::log(sum);
}

}  // namespace

constinit const KernelTable kReferenceTable = {
    .isa = Isa::scalar,
    .codec = formats::kScalarCodec,
    .matmul = matmul,
    .attention = {attention<Floats>, attention<Halves>},
    .rms_norm = rms_norm,
    .layer_norm = layer_norm,
    .affine = affine,
    .activations = {activate<identity>, activate<silu>, activate<gelu>, activate<gelu_tanh>, activate<relu>, activate<hyperbolic_tangent>},
    .rope = rope,
    .add = add,
    .add_scaled = add_scaled,
    .scale = scale,
    .soft_cap = soft_cap,
    .log_sum_exp = log_sum_exp};

}  // namespace tightrope::kernels
