// One forward pass over a batch of chunks: the interpreter of a BlockSpec.
#pragma once

#include <vector>

#include "engine/engine.h"
#include "engine/network.h"
#include "engine/rope_table.h"

namespace tightrope::engine {

// Activations of the batch, kept between passes so that a decode step allocates nothing. All [tokens, …].
struct Workspace {
  kernels::AlignedFloats hidden, normed, branch;  // [tokens, model]
  kernels::AlignedFloats queries, mixed;          // [tokens, heads * head]
  kernels::AlignedFloats keys, values;            // [tokens, kv_heads * head]
  kernels::AlignedFloats gate, up;                // [tokens, ffn]
  kernels::AlignedFloats selected;                // [rows asked for, model]
  kernels::AlignedFloats logits;                  // [rows asked for, vocab]
};

struct Observers {
  LinearObserver linear;
  HiddenObserver hidden;
};

class ForwardPass {
 public:
  ForwardPass(const model::Model& model, const Network& network, Runtime& runtime, RopeTable& rope, Workspace& workspace,
              const Observers& observers)
      : config_(model.config()),
        spec_(model.arch().block),
        network_(network),
        runtime_(runtime),
        rope_(rope),
        work_(workspace),
        observers_(observers) {}

  // Checks the chunks, runs them, leaves the logits in the workspace and returns how many rows there are. Sequences are not advanced yet.
  std::size_t run(std::span<const Chunk> chunks);
  // Makes the chunks part of their sequences.
  static void commit(std::span<const Chunk> chunks);

 private:
  // One token of the batch.
  struct Row {
    const Chunk* chunk;
    std::size_t position;  // in its sequence
  };
  // A run of query tokens of one chunk that attend together, in every head.
  struct Run {
    const Chunk* chunk;
    std::size_t row;    // of the batch, of its first token
    std::size_t first;  // its first token's index in the chunk
    std::size_t tokens;
  };

  void check(std::span<const Chunk> chunks) const;
  void lay_out(std::span<const Chunk> chunks);
  void resize_workspace();
  void embed();
  void run_block(std::size_t index);
  void attend(std::size_t index);
  void attend_run(std::size_t index, const Run& run, std::size_t head);
  void prepare_heads(std::size_t index);
  void turn(float* head, const kernels::AlignedFloats& norm, std::size_t position) const;
  void mix(const Block& block);
  void compute_logits();

  // y[t] = norm(x[t]) for every token of the batch.
  void normalise(const kernels::AlignedFloats& x, const kernels::AlignedFloats& weight, kernels::AlignedFloats& y);
  void add_branch();
  void project(std::initializer_list<LinearCall> calls, const kernels::AlignedFloats& x, std::size_t tokens);
  void show_hidden(std::size_t index, const kernels::AlignedFloats& hidden) const;
  template <class Body>
  void for_each_token(const Body& body);

  const model::Config& config_;
  const model::BlockSpec& spec_;
  const Network& network_;
  Runtime& runtime_;
  RopeTable& rope_;
  Workspace& work_;
  const Observers& observers_;
  std::vector<Row> rows_;
  std::vector<Run> runs_;
  std::vector<std::size_t> asked_;  // rows of the batch whose logits are wanted
};

}  // namespace tightrope::engine
