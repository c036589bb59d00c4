// The textbook forward pass.
#include "support/naive_forward.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace tightrope::testing {
namespace {

using Vector = std::vector<double>;
using Rows = std::vector<Vector>;  // one a token

Vector read(const model::Model& model, const std::string& name) {
  const model::Weight& weight = model.get(name);
  std::vector<float> values(weight.shape().elements());
  weight.format().decode(weight.bytes().data(), values.data(), values.size());
  return {values.begin(), values.end()};
}

Vector read_row(const model::Model& model, const std::string& name, std::size_t row) {
  const Vector all = read(model, name);
  const std::size_t width = model.get(name).shape().row_length();
  const auto first = all.begin() + static_cast<std::ptrdiff_t>(row * width);
  return {first, first + static_cast<std::ptrdiff_t>(width)};
}

Vector sum(Vector a, const Vector& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

Vector joined(Vector a, const Vector& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Vector part(const Vector& all, std::size_t first, std::size_t count) {
  return {all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(first + count)};
}

// weight * x, for the rows of the weight from `first` on, plus the bias where there is one.
Vector linear(const model::Model& model, const std::string& name, const Vector& x, std::size_t first = 0, std::size_t rows = 0,
              const std::string& weight_name = {}) {
  const Vector weight = read(model, weight_name.empty() ? name : weight_name);
  Vector y(rows == 0 ? weight.size() / x.size() : rows);
  if (model.find(name + ".bias") != nullptr) y = part(read(model, name + ".bias"), first, y.size());
  for (std::size_t r = 0; r < y.size(); ++r)
    for (std::size_t i = 0; i < x.size(); ++i) y[r] += weight[(first + r) * x.size() + i] * x[i];
  return y;
}

double activated(model::Activation activation, double x) {
  switch (activation) {
    case model::Activation::silu: return x / (1 + std::exp(-x));
    case model::Activation::gelu: return x / 2 * std::erfc(-x / std::numbers::sqrt2);
    case model::Activation::gelu_tanh: return x / 2 * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
    case model::Activation::relu: return std::max(x, 0.0);
    case model::Activation::tanh: return std::tanh(x);
    default: return x;
  }
}

// The norm of that name where the model has it, on pieces of its own length.
Vector normed(const model::Model& model, const std::string& name, Vector x, model::Norm kind) {
  if (model.find(name) == nullptr) return x;
  const Vector weight = read(model, name);
  const Vector bias = model.find(name + ".bias") != nullptr ? read(model, name + ".bias") : Vector(weight.size());
  const std::size_t length = weight.size();
  const auto count = static_cast<double>(length);
  for (std::size_t start = 0; start < x.size(); start += length) {
    double mean = 0, square = 0;
    for (std::size_t i = 0; i < length; ++i) mean += kind == model::Norm::layer ? x[start + i] / count : 0;
    for (std::size_t i = 0; i < length; ++i) square += (x[start + i] - mean) * (x[start + i] - mean) / count;
    const double scale = kind == model::Norm::affine ? 1 : 1 / std::sqrt(square + model.config().norm_epsilon);
    const double more = kind == model::Norm::rms_plus_one ? 1 : 0;
    for (std::size_t i = 0; i < length; ++i) x[start + i] = (x[start + i] - mean) * scale * (weight[i] + more) + bias[i];
  }
  return x;
}

Vector normed(const model::Model& model, const std::string& name, Vector x) {
  return normed(model, name, std::move(x), model.arch().block.norm);
}

// One block of a model, over a whole text.
class NaiveBlock {
 public:
  NaiveBlock(const model::Model& model, std::size_t index)
      : model_(model), config_(model.config()), prefix_("blocks." + std::to_string(index * config_.groups / config_.blocks) + ".") {
    if (index < config_.variants.size()) variant_ = config_.variants[index];
  }

  Rows run(const Rows& x) const {
    if (model_.find(named("bottleneck.in")) != nullptr) return run_narrow(x);
    Rows input;
    for (const Vector& row : x) input.push_back(norm("attn_norm", row));
    return run_residual(x, input, input);
  }

 private:
  std::string named(const std::string& role) const { return prefix_ + role; }
  Vector norm(const std::string& role, const Vector& x) const { return normed(model_, named(role), x); }
  Vector product(const std::string& role, const Vector& x) const { return linear(model_, named(role), x); }

  Rows run_narrow(const Rows& x) const {
    Rows narrow, shared;
    for (const Vector& row : x) {
      narrow.push_back(norm("bottleneck.in_norm", product("bottleneck.in", row)));
      shared.push_back(norm("bottleneck.attn_norm", product("bottleneck.attn", row)));
    }
    Rows y = run_residual(narrow, shared, x);
    for (std::size_t t = 0; t < y.size(); ++t) y[t] = norm("bottleneck.out_norm", sum(x[t], product("bottleneck.out", y[t])));
    return y;
  }

  Rows run_residual(const Rows& x, const Rows& query_input, const Rows& value_input) const {
    const Rows attention = attend(query_input, value_input);
    Rows result;
    for (std::size_t t = 0; t < x.size(); ++t) {
      const Vector branch = norm("attn_post_norm", product("attn.o", attention[t]));
      if (config_.parallel) {
        const bool own = model_.find(named("ffn_norm")) != nullptr;
        result.push_back(sum(sum(x[t], branch), feed_forward(own ? norm("ffn_norm", x[t]) : query_input[t], "ffn.")));
        continue;
      }
      Vector middle = norm("attn_out_norm", sum(x[t], branch));
      for (std::size_t s = 0; model_.find(named("stacked." + std::to_string(s) + ".up")) != nullptr; ++s) {
        const std::string stacked = "stacked." + std::to_string(s) + ".";
        middle = norm(stacked + "out_norm", sum(middle, feed_forward(middle, stacked)));
      }
      const Vector input = norm("ffn_norm", middle);
      const bool mixed = model_.find(named("ffn.router")) != nullptr;
      const Vector ffn = norm("ffn_post_norm", mixed ? mix(input) : feed_forward(input, "ffn."));
      result.push_back(norm("ffn_out_norm", sum(middle, ffn)));
    }
    return result;
  }

  // down(activation(gate) * up), or down(activation(up)); of expert `expert` when there are `experts`.
  Vector feed_forward(const Vector& x, const std::string& at, std::size_t expert = 0, std::size_t experts = 1) const {
    const auto layer = [&](const std::string& role, const Vector& input) {
      const std::size_t rows = model_.get(named(at + role)).shape().rows() / experts;
      return linear(model_, named(at + role), input, expert * rows, rows);
    };
    Vector up = layer("up", x);
    const bool gated = model_.find(named(at + "gate")) != nullptr;
    const Vector gate = gated ? layer("gate", x) : up;
    for (std::size_t i = 0; i < up.size(); ++i) up[i] = activated(config_.activation, gate[i]) * (gated ? up[i] : 1);
    return layer("down", up);
  }

  // The chosen experts' outputs, weighted by their share of the softmax.
  Vector mix(const Vector& x) const {
    const Vector scores = product("ffn.router", x);
    std::vector<bool> used(scores.size());
    Vector result(x.size()), shares(scores.size());
    double total = 0, chosen = 0;
    for (const double score : scores) total += std::exp(score);
    for (std::size_t n = 0; n < config_.experts_used; ++n) {
      std::size_t best = scores.size();
      for (std::size_t e = 0; e < scores.size(); ++e)
        if (!used[e] && (best == scores.size() || scores[e] > scores[best])) best = e;
      used[best] = true;
      shares[best] = std::exp(scores[best]) / total;
      chosen += shares[best];
    }
    for (std::size_t e = 0; e < scores.size(); ++e) {
      if (!used[e]) continue;
      const Vector y = feed_forward(x, "ffn.experts.", e, scores.size());
      for (std::size_t i = 0; i < y.size(); ++i) result[i] += shares[e] / (config_.normalise_experts ? chosen : 1) * y[i];
    }
    return result;
  }

  // Each head turned by its position, dimension i with i + dimensions/2.
  Vector turned(Vector all, std::size_t position) const {
    using Positions = model::BlockVariant::Positions;
    if (model_.arch().block.attention.rope == model::Rope::none || variant_.positions == Positions::none) return all;
    const bool local = variant_.positions == Positions::local && config_.local_rope;
    const double theta = local ? config_.local_rope->theta : config_.rope.theta;
    const std::size_t dimensions = config_.rope_dimensions, half = dimensions / 2;
    for (std::size_t start = 0; start < all.size(); start += config_.head)
      for (std::size_t i = 0; i < half; ++i) {
        const double share = 2.0 * static_cast<double>(i) / static_cast<double>(dimensions);
        const double angle = static_cast<double>(position) * std::pow(theta, -share);
        const double real = all[start + i], imaginary = all[start + i + half];
        all[start + i] = real * std::cos(angle) - imaginary * std::sin(angle);
        all[start + i + half] = imaginary * std::cos(angle) + real * std::sin(angle);
      }
    return all;
  }

  bool sees(std::size_t from, std::size_t to) const {
    const std::size_t distance = from > to ? from - to : to - from;
    if (model_.arch().block.attention.causal) return to <= from && (variant_.window == 0 || distance < variant_.window);
    return variant_.window == 0 || distance <= variant_.window / 2;
  }

  // What every head gathers from the values of its key head.
  Rows attend(const Rows& query_input, const Rows& value_input) const {
    Rows queries, keys, values, result;
    for (std::size_t t = 0; t < query_input.size(); ++t) {
      queries.push_back(turned(norm("attn.q_norm", product("attn.q", query_input[t])), t));
      keys.push_back(turned(norm("attn.k_norm", product("attn.k", query_input[t])), t));
      values.push_back(product("attn.v", value_input[t]));
    }
    const std::size_t width = config_.head;
    const double scale = config_.attention_scale == 0 ? 1 / std::sqrt(static_cast<double>(width)) : config_.attention_scale;
    for (std::size_t t = 0; t < queries.size(); ++t) {
      Vector output(queries[t].size());
      for (std::size_t head = 0; head < config_.heads; ++head) {
        const std::size_t from = head / (config_.heads / config_.kv_heads) * width;
        Vector weights(keys.size());
        double total = 0;
        for (std::size_t j = 0; j < keys.size(); ++j) {
          if (!sees(t, j)) continue;
          double score = 0;
          for (std::size_t i = 0; i < width; ++i) score += queries[t][head * width + i] * keys[j][from + i] * scale;
          const double cap = config_.attention_cap;
          weights[j] = std::exp(cap == 0 ? score : cap * std::tanh(score / cap));
          total += weights[j];
        }
        for (std::size_t j = 0; j < keys.size(); ++j)
          for (std::size_t i = 0; i < width; ++i) output[head * width + i] += weights[j] / total * values[j][from + i];
      }
      result.push_back(output);
    }
    return result;
  }

  const model::Model& model_;
  const model::Config& config_;
  std::string prefix_;
  model::BlockVariant variant_;
};

Vector embedded(const model::Model& model, std::span<const text::TokenId> tokens, std::size_t position) {
  const model::EmbeddingSpec& spec = model.arch().embedding;
  const auto token = [&](std::size_t at) {
    return at < tokens.size() ? read_row(model, "embed", tokens[at]) : Vector(model.get("embed").shape().row_length());
  };
  Vector x = token(position);
  if (model.find("embed.trigram") != nullptr)
    x = linear(model, "embed.trigram", joined(joined(token(position + 1), x), token(position == 0 ? tokens.size() : position - 1)));
  if (spec.scaled)
    for (double& value : x) value *= static_cast<double>(std::sqrt(static_cast<float>(model.config().model)));
  const std::size_t offset = spec.positions_after_padding ? static_cast<std::size_t>(model.config().padding + 1) : 0;
  if (model.find("embed.positions") != nullptr) x = sum(x, read_row(model, "embed.positions", position + offset));
  if (model.find("embed.types") != nullptr) x = sum(x, read_row(model, "embed.types", 0));
  x = normed(model, "embed.norm", x);
  return model.find("embed.project") != nullptr ? linear(model, "embed.project", x) : x;
}

Vector head_of(const model::Model& model, Vector x) {
  const model::Config& config = model.config();
  if (model.find("head.dense") != nullptr) {
    x = linear(model, "head.dense", x);
    for (double& value : x) value = activated(config.head_activation, value);
    const model::Norm kind = model.arch().block.norm;
    x = normed(model, "head.norm", x, kind == model::Norm::affine ? model::Norm::layer : kind);
  }
  const std::string weight = model.find("head") != nullptr ? "head" : "embed";
  const std::size_t width = model.get(weight).shape().row_length();
  Vector y = linear(model, "head", part(x, 0, width), 0, 0, weight);
  if (model.find("head.extra") != nullptr) y = sum(y, linear(model, "head.extra", part(x, width, x.size() - width)));
  if (config.logit_cap != 0)
    for (double& value : y) value = config.logit_cap * std::tanh(value / config.logit_cap);
  return y;
}

void append(Vector& to, const Rows& rows) {
  for (const Vector& row : rows) to.insert(to.end(), row.begin(), row.end());
}

}  // namespace

NaiveResult naive_forward(const model::Model& model, std::span<const text::TokenId> tokens) {
  const model::Config& config = model.config();
  NaiveResult result;
  result.hidden.resize(config.blocks + 1);
  Rows x;
  for (std::size_t position = 0; position < tokens.size(); ++position) x.push_back(embedded(model, tokens, position));
  for (std::size_t i = 0; i < config.blocks; ++i) {
    append(result.hidden[i], x);
    x = NaiveBlock(model, i).run(x);
  }
  for (Vector& row : x) row = normed(model, "norm", row);
  append(result.hidden.back(), x);
  const bool headless = config.output != nullptr && config.output->kind == model::HeadSpec::Kind::hidden;
  if (headless) return result;
  for (const Vector& row : x) append(result.logits, {head_of(model, row)});
  return result;
}

}  // namespace tightrope::testing
