// What the steps of one forward pass share: the model, the batch, the activations in between, and small steps of their own.
#pragma once

#include <functional>

#include "engine/batch.h"
#include "engine/network.h"

namespace tightrope::engine {

// Activations of the batch, kept between passes so that a decode step allocates nothing. They grow to what a step asks for.
struct Workspace {
  kernels::AlignedFloats looked_up;                      // [tokens, embedding or three times as much]
  kernels::AlignedFloats hidden, branch, normed;         // [tokens, model]
  kernels::AlignedFloats narrow, shared;                 // [tokens, bottleneck]
  kernels::AlignedFloats queries, mixed;                 // [tokens, heads * head]
  kernels::AlignedFloats keys, values;                   // [tokens, kv_heads * head]
  kernels::AlignedBytes key_cells, value_cells;          // of items without a sequence, [tiles] of kKeyTile positions
  kernels::AlignedFloats gate, up;                       // [tokens, ffn]
  kernels::AlignedFloats routed, gathered, expert_down;  // [tokens, experts], [choices, model] twice
  kernels::AlignedFloats selected, pooled, dense;        // [rows asked for, model]
  kernels::AlignedFloats output, extra;                  // [rows asked for, vocab or labels]
  std::vector<Activations> prepared;                     // the inputs of the layers that run now; each distinct one once
};

struct Observers {
  LinearObserver linear;
  HiddenObserver hidden;

  bool present() const { return linear || hidden; }
};

// The kernel of an activation; null for none.
kernels::ActivationFunction activation_of(const kernels::KernelTable& kernels, model::Activation activation);

struct Pass {
  const model::Model& model;
  const Network& network;
  Runtime& runtime;
  Workspace& work;
  const Observers& observers;
  Batch batch;

  const model::Config& config() const { return model.config(); }
  const model::BlockSpec& spec() const { return model.arch().block; }
  const kernels::KernelTable& kernels() const { return runtime.kernels; }
  std::size_t tokens() const { return batch.rows.size(); }
  kernels::Cell cell() const { return cell_of(model, runtime.exact, runtime.int8); }

  // body(row) for all rows, several threads at a time.
  template <class Body>
  void for_each(std::size_t rows, const Body& body) const {
    constexpr std::size_t kGrain = 8;
    runtime.threads.parallel_for(rows, kGrain, [&](std::uint64_t begin, std::uint64_t end) {
      for (std::size_t row = begin; row < end; ++row) body(row);
    });
  }
  // y = norm(x) for rows of the norm's width; y may be x. Without a norm nothing happens.
  void normalise(const NormLayer& norm, const float* x, float* y, std::size_t rows) const;
  // x = norm(x + y); without a norm x += y.
  void add(float* x, const float* y, const NormLayer& norm, std::size_t rows, std::size_t width) const;
  // Shows the observer what enters the layers, then runs them.
  void project(std::span<const LinearCall> calls) const;
  void project(const LinearCall& call) const { project({&call, 1}); }
  void show_hidden(std::size_t index, const float* hidden) const;
};

// The steps, each in a file of its own.

// The hidden state before the first block, into work.hidden.
void embed(Pass& pass);

// Attention of block `index` with the weights of `block`: from what queries and keys read, and what values read, to work.branch.
void attend(Pass& pass, const Block& block, std::size_t index, const float* query_input, const float* value_input);

// The feed-forward network of `ffn`, from x to work.branch.
void feed_forward(Pass& pass, const FeedForward& ffn, const float* x);
// The mixture of experts likewise.
void mix_experts(Pass& pass, const Experts& experts, const float* x);

// Embedding, blocks, final norm: the last hidden state, [tokens, model].
const float* run_trunk(Pass& pass);

// The head for `rows` rows x [rows, model], into work.output; returns how wide a row of it is.
std::size_t run_head(Pass& pass, const float* x, std::size_t rows);
// The rows that are asked for, and their logits in work.output.
void compute_logits(Pass& pass, const float* hidden);
// One row an item, [items, model]: the one that stands for the text, and what the pooler makes of it where there is one.
const float* pool(Pass& pass, const float* hidden);

}  // namespace tightrope::engine
