// Feed-forward networks: one for every token, or a mixture of experts of which each token chooses a few.
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "engine/pass.h"

namespace tightrope::engine {
namespace {

// One token's choice of one expert.
struct Choice {
  std::size_t token;
  float weight;
  std::size_t slot;  // its row among those gathered for the experts
};

// Softmax over all experts, then the `used` largest, ties to the lower index; what they are worth, in falling order.
std::vector<std::pair<std::size_t, float>> choose(const float* scores, const model::Config& config) {
  const std::size_t count = config.experts;
  std::vector<double> weights(count);
  const double largest = *std::max_element(scores, scores + count);
  for (std::size_t e = 0; e < count; ++e) weights[e] = std::exp(static_cast<double>(scores[e]) - largest);
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  order.resize(std::min<std::size_t>(config.experts_used, count));
  double total = 0;
  for (const double weight : weights) total += weight;
  if (config.normalise_experts) {
    total = 0;
    for (const std::size_t expert : order) total += weights[expert];
  }
  std::vector<std::pair<std::size_t, float>> chosen;
  chosen.reserve(order.size());
  for (const std::size_t expert : order) chosen.emplace_back(expert, static_cast<float>(weights[expert] / total));
  return chosen;
}

// Tokens grouped by the expert they chose, so that each expert is one matrix product.
class Routing {
 public:
  Routing(const model::Config& config, const float* scores, std::size_t tokens) : by_token_(tokens), first_(config.experts + 1) {
    std::vector<std::vector<std::pair<std::size_t, float>>> chosen;
    chosen.reserve(tokens);
    for (std::size_t t = 0; t < tokens; ++t) {
      chosen.push_back(choose(scores + t * config.experts, config));
      for (const auto& [expert, weight] : chosen.back()) ++first_[expert + 1];
    }
    std::partial_sum(first_.begin(), first_.end(), first_.begin());
    std::vector<std::size_t> next = first_;
    tokens_.resize(first_.back());
    for (std::size_t t = 0; t < tokens; ++t)
      for (const auto& [expert, weight] : chosen[t]) {
        tokens_[next[expert]] = t;
        by_token_[t].push_back({t, weight, next[expert]++});
      }
  }

  std::size_t choices() const { return tokens_.size(); }
  std::size_t token(std::size_t slot) const { return tokens_[slot]; }
  std::size_t first(std::size_t expert) const { return first_[expert]; }  // slot
  std::size_t count(std::size_t expert) const { return first_[expert + 1] - first_[expert]; }
  const std::vector<Choice>& of_token(std::size_t token) const { return by_token_[token]; }

 private:
  std::vector<std::vector<Choice>> by_token_;
  std::vector<std::size_t> first_;   // [experts + 1]
  std::vector<std::size_t> tokens_;  // [choices], by slot
};

// One layer of every expert that was chosen, over the rows gathered for it.
void add_calls(std::vector<LinearCall>& calls, const Routing& routing, const Linear& layer, std::size_t experts, const float* x, float* y) {
  const std::size_t rows = layer.out / experts;
  for (std::size_t expert = 0; expert < experts; ++expert) {
    if (routing.count(expert) == 0) continue;
    calls.push_back({.layer = layer,
                     .x = x + routing.first(expert) * layer.in,
                     .y = y + routing.first(expert) * rows,
                     .tokens = routing.count(expert),
                     .first_row = expert * rows,
                     .rows = rows});
  }
}

}  // namespace

void feed_forward(Pass& pass, const FeedForward& ffn, const float* x) {
  Workspace& work = pass.work;
  const std::size_t tokens = pass.tokens(), width = ffn.up.out;
  const kernels::ActivationFunction activation = activation_of(pass.kernels(), pass.config().activation);
  float* up = room(work.up, tokens * width);
  if (ffn.gate.present()) {
    float* gate = room(work.gate, tokens * width);
    const std::array calls = {LinearCall{ffn.gate, x, gate, tokens}, LinearCall{ffn.up, x, up, tokens}};
    pass.project(calls);
    pass.for_each(tokens, [&](std::size_t row) { activation(gate + row * width, up + row * width, up + row * width, width); });
  } else {
    pass.project({.layer = ffn.up, .x = x, .y = up, .tokens = tokens, .after = activation});
  }
  pass.project({ffn.down, up, room(work.branch, tokens * ffn.down.out), tokens});
}

void mix_experts(Pass& pass, const Experts& experts, const float* x) {
  Workspace& work = pass.work;
  const std::size_t tokens = pass.tokens(), count = pass.config().experts, model = experts.router.in;
  const std::size_t width = experts.up.out / count;
  pass.project({experts.router, x, room(work.routed, tokens * count), tokens});
  const Routing routing(pass.config(), work.routed.data(), tokens);
  const std::size_t choices = routing.choices();
  float* gathered = room(work.gathered, choices * model);
  pass.for_each(choices, [&](std::size_t slot) { std::copy_n(x + routing.token(slot) * model, model, gathered + slot * model); });
  float *gate = room(work.gate, choices * width), *up = room(work.up, choices * width), *down = room(work.expert_down, choices * model);
  std::vector<LinearCall> calls;
  add_calls(calls, routing, experts.gate, count, gathered, gate);
  add_calls(calls, routing, experts.up, count, gathered, up);
  pass.project(calls);
  const kernels::ActivationFunction activation = activation_of(pass.kernels(), pass.config().activation);
  pass.for_each(choices, [&](std::size_t slot) { activation(gate + slot * width, up + slot * width, up + slot * width, width); });
  calls.clear();
  add_calls(calls, routing, experts.down, count, up, down);
  pass.project(calls);
  float* branch = room(work.branch, tokens * model);
  pass.for_each(tokens, [&](std::size_t row) {
    std::fill_n(branch + row * model, model, 0.0f);
    for (const Choice& choice : routing.of_token(row))
      pass.kernels().add_scaled(branch + row * model, down + choice.slot * model, choice.weight, model);
  });
}

}  // namespace tightrope::engine
