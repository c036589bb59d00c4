// Every operation as plain loops with sums in double precision: slow, obvious, and what the others must agree with.
#include "kernels/cpu/reference.h"

#include <algorithm>
#include <cmath>

namespace tightrope::kernels {
namespace {

double dot(const float* a, const float* b, std::size_t length) {
  double sum = 0;
  for (std::size_t i = 0; i < length; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

void matmul(const MatmulArguments& a) noexcept {
  for (std::size_t t = 0; t < a.tokens; ++t)
    for (std::size_t r = 0; r < a.rows; ++r)
      a.y[t * a.y_stride + r] = static_cast<float>(dot(a.weights + r * a.length, a.x + t * a.x_stride, a.length));
}

// One query token that sees `visible` keys.
void attend(const AttentionArguments& a, const float* query, std::size_t visible, float* output) {
  double largest = -HUGE_VAL;
  for (std::size_t j = 0; j < visible; ++j) {
    a.scores[j] = static_cast<float>(dot(query, a.keys + j * a.cache_stride, a.head)) * a.scale;
    largest = std::max(largest, static_cast<double>(a.scores[j]));
  }
  double sum = 0;
  for (std::size_t j = 0; j < visible; ++j) {
    const double weight = std::exp(static_cast<double>(a.scores[j]) - largest);
    a.scores[j] = static_cast<float>(weight);
    sum += weight;
  }
  for (std::size_t i = 0; i < a.head; ++i) {
    double mean = 0;
    for (std::size_t j = 0; j < visible; ++j)
      mean += static_cast<double>(a.scores[j]) * static_cast<double>(a.values[j * a.cache_stride + i]);
    output[i] = static_cast<float>(mean / sum);
  }
}

void attention(const AttentionArguments& a) noexcept {
  for (std::size_t t = 0; t < a.tokens; ++t) {
    const std::size_t visible = a.causal ? a.first_position + t + 1 : a.positions;
    attend(a, a.queries + t * a.query_stride, visible, a.output + t * a.output_stride);
  }
}

void rms_norm(const float* x, const float* weight, float* y, std::size_t length, float epsilon) noexcept {
  const double mean_square = dot(x, x, length) / static_cast<double>(length);
  const double scale = 1.0 / std::sqrt(mean_square + static_cast<double>(epsilon));
  for (std::size_t i = 0; i < length; ++i) y[i] = static_cast<float>(static_cast<double>(x[i]) * scale) * weight[i];
}

void rope(float* x, const float* cosine, const float* sine, std::size_t head) noexcept {
  const std::size_t half = head / 2;
  for (std::size_t i = 0; i < half; ++i) {
    const float real = x[i], imaginary = x[i + half];
    x[i] = real * cosine[i] - imaginary * sine[i];
    x[i + half] = imaginary * cosine[i] + real * sine[i];
  }
}

void swiglu(const float* gate, const float* up, float* y, std::size_t length) noexcept {
  for (std::size_t i = 0; i < length; ++i) {
    const double value = gate[i];
    y[i] = static_cast<float>(value / (1.0 + std::exp(-value))) * up[i];
  }
}

void add(float* x, const float* y, std::size_t length) noexcept {
  for (std::size_t i = 0; i < length; ++i) x[i] += y[i];
}

double log_sum_exp(const float* x, std::size_t length) noexcept {
  double largest = -HUGE_VAL;
  for (std::size_t i = 0; i < length; ++i) largest = std::max(largest, static_cast<double>(x[i]));
  double sum = 0;
  for (std::size_t i = 0; i < length; ++i) sum += std::exp(static_cast<double>(x[i]) - largest);
  return largest + std::log(sum);
}

}  // namespace

constinit const KernelTable kReferenceTable = {.isa = Isa::scalar,
                                               .codec = formats::kScalarCodec,
                                               .matmul = matmul,
                                               .attention = attention,
                                               .rms_norm = rms_norm,
                                               .rope = rope,
                                               .swiglu = swiglu,
                                               .add = add,
                                               .log_sum_exp = log_sum_exp};

}  // namespace tightrope::kernels
