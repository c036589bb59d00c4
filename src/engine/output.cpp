// After the blocks: logits of the rows asked for, one vector for each text, and the other heads.
#include <algorithm>

#include "engine/pass.h"

namespace tightrope::engine {
namespace {

void gather(Pass& pass, const float* hidden, const std::vector<std::size_t>& rows) {
  const std::size_t width = pass.config().model;
  float* selected = room(pass.work.selected, rows.size() * width);
  for (std::size_t i = 0; i < rows.size(); ++i) std::copy_n(hidden + rows[i] * width, width, selected + i * width);
}

// The mean of an item's rows.
void average(Pass& pass, const float* hidden) {
  const std::size_t width = pass.config().model;
  float* selected = room(pass.work.selected, pass.batch.items.size() * width);
  for (const Item& item : pass.batch.items) {
    std::fill_n(selected, width, 0.0f);
    for (std::size_t t = 0; t < item.tokens.size(); ++t) pass.kernels().add(selected, hidden + (item.row + t) * width, width);
    pass.kernels().scale(selected, 1.0f / static_cast<float>(item.tokens.size()), width);
    selected += width;
  }
}

}  // namespace

std::size_t run_head(Pass& pass, const float* x, std::size_t rows) {
  const Network& network = pass.network;
  Workspace& work = pass.work;
  std::size_t width = pass.config().model;
  if (network.dense.present()) {
    float* dense = room(work.dense, rows * network.dense.out);
    pass.project({.layer = network.dense,
                  .x = x,
                  .y = dense,
                  .tokens = rows,
                  .after = activation_of(pass.kernels(), pass.config().head_activation)});
    pass.normalise(network.head_norm, dense, dense, rows);
    x = dense;
    width = network.dense.out;
  }
  const std::size_t outputs = network.head.out;
  float* output = room(work.output, rows * outputs);
  pass.project({.layer = network.head, .x = x, .y = output, .tokens = rows, .x_stride = width});
  if (network.extra.present()) {
    float* extra = room(work.extra, rows * outputs);
    pass.project({.layer = network.extra, .x = x + network.head.in, .y = extra, .tokens = rows, .x_stride = width});
    pass.add(output, extra, {}, rows, outputs);
  }
  if (pass.config().logit_cap != 0)
    pass.for_each(rows, [&](std::size_t row) {
      pass.kernels().soft_cap(output + row * outputs, static_cast<float>(pass.config().logit_cap), outputs);
    });
  return outputs;
}

void compute_logits(Pass& pass, const float* hidden) {
  gather(pass, hidden, pass.batch.asked);
  run_head(pass, pass.work.selected.data(), pass.batch.asked.size());
}

const float* pool(Pass& pass, const float* hidden) {
  const std::size_t items = pass.batch.items.size();
  if (pass.config().mean_pooling) {
    average(pass, hidden);
  } else {
    std::vector<std::size_t> rows;
    for (const Item& item : pass.batch.items) rows.push_back(pass.spec().attention.causal ? item.row + item.tokens.size() - 1 : item.row);
    gather(pass, hidden, rows);
  }
  const Linear& pooler = pass.network.pooler;
  if (!pooler.present()) return pass.work.selected.data();
  float* pooled = room(pass.work.pooled, items * pooler.out);
  pass.project({.layer = pooler,
                .x = pass.work.selected.data(),
                .y = pooled,
                .tokens = items,
                .after = activation_of(pass.kernels(), model::Activation::tanh)});
  return pooled;
}

}  // namespace tightrope::engine
