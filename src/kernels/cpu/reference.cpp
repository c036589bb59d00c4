// Every operation as plain loops with sums in double precision: slow, obvious, and what the others must agree with.
#include "kernels/cpu/reference.h"

#include <algorithm>
#include <cmath>
#include <numbers>

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

float score(const AttentionArguments& a, const float* query, std::size_t position) {
  const float* key = a.keys + position / kKeyTile * a.key_stride + position % kKeyTile;
  double sum = 0;
  for (std::size_t i = 0; i < a.head; ++i) sum += static_cast<double>(query[i]) * static_cast<double>(key[i * kKeyTile]);
  const float scaled = static_cast<float>(sum) * a.scale;
  return a.cap == 0 ? scaled : a.cap * std::tanh(scaled / a.cap);
}

// One query token that sees the positions [begin, end).
void attend(const AttentionArguments& a, const float* query, std::size_t begin, std::size_t end, float* output) {
  double largest = -HUGE_VAL;
  for (std::size_t j = begin; j < end; ++j) {
    a.scores[j] = score(a, query, j);
    largest = std::max(largest, static_cast<double>(a.scores[j]));
  }
  double sum = 0;
  for (std::size_t j = begin; j < end; ++j) {
    const double weight = std::exp(static_cast<double>(a.scores[j]) - largest);
    a.scores[j] = static_cast<float>(weight);
    sum += weight;
  }
  for (std::size_t i = 0; i < a.head; ++i) {
    double mean = 0;
    for (std::size_t j = begin; j < end; ++j)
      mean += static_cast<double>(a.scores[j]) * static_cast<double>(a.values[j * a.value_stride + i]);
    output[i] = static_cast<float>(mean / sum);
  }
}

void attention(const AttentionArguments& a) noexcept {
  for (std::size_t t = 0; t < a.tokens; ++t) {
    const std::size_t position = a.first_position + t;
    attend(a, a.queries + t * a.query_stride, a.visible_begin(position), a.visible_end(position), a.output + t * a.output_stride);
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
    .attention = attention,
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
