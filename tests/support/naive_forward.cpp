// The textbook forward pass.
#include "support/naive_forward.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace tightrope::testing {
namespace {

using Vector = std::vector<double>;

Vector read(const model::Model& model, const std::string& name) {
  const model::Weight& weight = model.get(name);
  std::vector<float> values(weight.shape().elements());
  weight.format().decode(weight.bytes().data(), values.data(), values.size());
  return {values.begin(), values.end()};
}

// weight * x, plus the bias where there is one.
Vector linear(const model::Model& model, const std::string& name, const Vector& x) {
  const Vector weight = read(model, name);
  Vector y(weight.size() / x.size());
  if (model.find(name + ".bias") != nullptr) y = read(model, name + ".bias");
  for (std::size_t r = 0; r < y.size(); ++r)
    for (std::size_t i = 0; i < x.size(); ++i) y[r] += weight[r * x.size() + i] * x[i];
  return y;
}

Vector rms_norm(Vector x, const Vector& weight, double epsilon) {
  double squares = 0;
  for (const double value : x) squares += value * value;
  const double scale = 1 / std::sqrt(squares / static_cast<double>(x.size()) + epsilon);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] *= scale * weight[i];
  return x;
}

// Each head by itself: its norm when the model has one, then the turn by its position.
Vector prepared(const model::Model& model, const std::string& norm, const Vector& all, std::size_t position) {
  const std::size_t head = model.config().head;
  Vector result;
  for (std::size_t start = 0; start < all.size(); start += head) {
    Vector one(all.begin() + static_cast<std::ptrdiff_t>(start), all.begin() + static_cast<std::ptrdiff_t>(start + head));
    if (model.find(norm) != nullptr) one = rms_norm(one, read(model, norm), model.config().norm_epsilon);
    Vector turned(head);
    for (std::size_t i = 0; i < head / 2; ++i) {
      const double share = 2.0 * static_cast<double>(i) / static_cast<double>(head);
      const double angle = static_cast<double>(position) * std::pow(model.config().rope.theta, -share);
      turned[i] = one[i] * std::cos(angle) - one[i + head / 2] * std::sin(angle);
      turned[i + head / 2] = one[i + head / 2] * std::cos(angle) + one[i] * std::sin(angle);
    }
    result.insert(result.end(), turned.begin(), turned.end());
  }
  return result;
}

// What one query head gathers from the values of its key head, over every token so far.
void attend(const model::Config& config, const Vector& query, const std::vector<Vector>& keys, const std::vector<Vector>& values,
            std::size_t head, Vector& output) {
  const std::size_t width = config.head, from = head / (config.heads / config.kv_heads) * width;
  Vector weights;
  for (const Vector& key : keys) {
    double score = 0;
    for (std::size_t i = 0; i < width; ++i) score += query[head * width + i] * key[from + i];
    weights.push_back(std::exp(score / std::sqrt(static_cast<double>(width))));
  }
  double total = 0;
  for (const double weight : weights) total += weight;
  for (std::size_t j = 0; j < weights.size(); ++j)
    for (std::size_t i = 0; i < width; ++i) output[head * width + i] += weights[j] / total * values[j][from + i];
}

Vector sum(Vector a, const Vector& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

struct Cache {
  std::vector<Vector> keys, values;
};

Vector block(const model::Model& model, const std::string& prefix, Vector x, std::size_t position, Cache& cache) {
  const model::Config& config = model.config();
  const Vector before = rms_norm(x, read(model, prefix + "attn_norm"), config.norm_epsilon);
  const Vector query = prepared(model, prefix + "attn.q_norm", linear(model, prefix + "attn.q", before), position);
  cache.keys.push_back(prepared(model, prefix + "attn.k_norm", linear(model, prefix + "attn.k", before), position));
  cache.values.push_back(linear(model, prefix + "attn.v", before));
  Vector gathered(query.size());
  for (std::size_t head = 0; head < config.heads; ++head) attend(config, query, cache.keys, cache.values, head, gathered);
  x = sum(x, linear(model, prefix + "attn.o", gathered));
  const Vector middle = rms_norm(x, read(model, prefix + "ffn_norm"), config.norm_epsilon);
  Vector gate = linear(model, prefix + "ffn.gate", middle);
  const Vector up = linear(model, prefix + "ffn.up", middle);
  for (std::size_t i = 0; i < gate.size(); ++i) gate[i] = gate[i] / (1 + std::exp(-gate[i])) * up[i];
  return sum(x, linear(model, prefix + "ffn.down", gate));
}

void append(Vector& to, const Vector& from) { to.insert(to.end(), from.begin(), from.end()); }

}  // namespace

NaiveResult naive_forward(const model::Model& model, std::span<const text::TokenId> tokens) {
  const model::Config& config = model.config();
  const Vector embed = read(model, "embed"), norm = read(model, "norm");
  std::vector<Cache> caches(config.blocks);
  NaiveResult result;
  result.hidden.resize(config.blocks + 1);
  for (std::size_t position = 0; position < tokens.size(); ++position) {
    const auto row = embed.begin() + static_cast<std::ptrdiff_t>(tokens[position] * config.model);
    Vector x(row, row + static_cast<std::ptrdiff_t>(config.model));
    for (std::size_t i = 0; i < config.blocks; ++i) {
      append(result.hidden[i], x);
      x = block(model, "blocks." + std::to_string(i) + ".", x, position, caches[i]);
    }
    x = rms_norm(x, norm, config.norm_epsilon);
    append(result.hidden.back(), x);
    append(result.logits, linear(model, model.find("head") != nullptr ? "head" : "embed", x));
  }
  return result;
}

}  // namespace tightrope::testing
