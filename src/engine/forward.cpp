// The forward pass, step by step.
#include "engine/forward.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace tightrope::engine {
namespace {

constexpr std::size_t kTokenGrain = 8;     // tokens a thread takes at a time in the loops over single tokens
constexpr std::size_t kAttentionRun = 32;  // query tokens of one head that are one piece of work

}  // namespace

void ForwardPass::check(std::span<const Chunk> chunks) const {
  std::vector<const Sequence*> seen;
  for (const Chunk& chunk : chunks) {
    if (chunk.sequence == nullptr || chunk.tokens.empty())
      fail(ErrorCode::invalid_argument, "[engine] a chunk needs a sequence and at least one token");
    const Sequence& sequence = *chunk.sequence;
    if (sequence.keys_.size() != config_.blocks || sequence.row_ != config_.kv_heads * config_.head)
      fail(ErrorCode::invalid_argument, "[engine] a sequence belongs to a model of another shape; make it with this engine's new_sequence");
    if (chunk.tokens.size() > sequence.capacity_ - sequence.length_)
      fail(ErrorCode::invalid_argument, "[engine] {} tokens after {} exceed the sequence's capacity of {}; make a larger one",
           chunk.tokens.size(), sequence.length_, sequence.capacity_);
    for (const text::TokenId id : chunk.tokens)
      if (id >= config_.vocab) fail(ErrorCode::invalid_argument, "[engine] token id {} is beyond the vocabulary of {}", id, config_.vocab);
    seen.push_back(&sequence);
  }
  std::sort(seen.begin(), seen.end());
  if (std::adjacent_find(seen.begin(), seen.end()) != seen.end())
    fail(ErrorCode::invalid_argument, "[engine] a sequence appears twice in one batch; join its chunks");
}

void ForwardPass::lay_out(std::span<const Chunk> chunks) {
  std::size_t longest = 0;
  for (const Chunk& chunk : chunks) {
    const std::size_t count = chunk.tokens.size(), start = rows_.size();
    for (std::size_t first = 0; first < count; first += kAttentionRun)
      runs_.push_back({&chunk, start + first, first, std::min(kAttentionRun, count - first)});
    for (std::size_t i = 0; i < count; ++i) {
      if (chunk.all_logits || i + 1 == count) asked_.push_back(rows_.size());
      rows_.push_back({&chunk, chunk.sequence->length_ + i});
    }
    longest = std::max<std::size_t>(longest, chunk.sequence->length_ + count);
    chunk.sequence->make_room(count);
  }
  if (spec_.attention.rope != model::Rope::none) rope_.extend(longest);
}

void ForwardPass::resize_workspace() {
  const std::size_t tokens = rows_.size();
  const auto grow = [](kernels::AlignedFloats& buffer, std::size_t count) {
    if (buffer.size() < count) buffer.resize(count);
  };
  for (kernels::AlignedFloats* buffer : {&work_.hidden, &work_.normed, &work_.branch}) grow(*buffer, tokens * config_.model);
  for (kernels::AlignedFloats* buffer : {&work_.queries, &work_.mixed}) grow(*buffer, tokens * config_.heads * config_.head);
  for (kernels::AlignedFloats* buffer : {&work_.keys, &work_.values}) grow(*buffer, tokens * config_.kv_heads * config_.head);
  for (kernels::AlignedFloats* buffer : {&work_.gate, &work_.up}) grow(*buffer, tokens * config_.ffn);
  grow(work_.selected, asked_.size() * config_.model);
  grow(work_.logits, asked_.size() * config_.vocab);
}

template <class Body>
void ForwardPass::for_each_token(const Body& body) {
  runtime_.threads.parallel_for(rows_.size(), kTokenGrain, [&](std::uint64_t begin, std::uint64_t end) {
    for (std::size_t row = begin; row < end; ++row) body(row);
  });
}

void ForwardPass::normalise(const kernels::AlignedFloats& x, const kernels::AlignedFloats& weight, kernels::AlignedFloats& y) {
  for_each_token([&](std::size_t row) {
    const std::size_t offset = row * config_.model;
    runtime_.kernels.rms_norm(x.data() + offset, weight.data(), y.data() + offset, config_.model, static_cast<float>(config_.norm_epsilon));
  });
}

void ForwardPass::add_branch() {
  for_each_token([&](std::size_t row) {
    runtime_.kernels.add(work_.hidden.data() + row * config_.model, work_.branch.data() + row * config_.model, config_.model);
  });
}

void ForwardPass::project(std::initializer_list<LinearCall> calls, const kernels::AlignedFloats& x, std::size_t tokens) {
  const std::span all(calls.begin(), calls.size());
  if (observers_.linear)
    for (const LinearCall& call : all) observers_.linear(call.layer.name, {x.data(), tokens * call.layer.in}, tokens);
  apply(runtime_, all, x.data(), tokens);
}

void ForwardPass::show_hidden(std::size_t index, const kernels::AlignedFloats& hidden) const {
  if (observers_.hidden) observers_.hidden(index, {hidden.data(), rows_.size() * config_.model}, rows_.size());
}

void ForwardPass::embed() {
  std::size_t row = 0;
  for (; row < rows_.size(); row += rows_[row].chunk->tokens.size()) {
    const std::span<const text::TokenId> tokens = rows_[row].chunk->tokens;
    for (std::size_t i = 0; i < tokens.size(); ++i)
      network_.embed.read_rows_f32(tokens[i], 1, {work_.hidden.data() + (row + i) * config_.model, config_.model}, runtime_.kernels.codec);
  }
}

// One query or key head: its norm where the architecture has one, then its position.
void ForwardPass::turn(float* head, const kernels::AlignedFloats& norm, std::size_t position) const {
  if (!norm.empty()) runtime_.kernels.rms_norm(head, norm.data(), head, config_.head, static_cast<float>(config_.norm_epsilon));
  if (spec_.attention.rope != model::Rope::none) runtime_.kernels.rope(head, rope_.cosine(position), rope_.sine(position), config_.head);
}

// Queries and keys get their norms and positions; keys and values go into their sequences.
void ForwardPass::prepare_heads(std::size_t index) {
  const Block& block = network_.blocks[index];
  const std::size_t width = config_.kv_heads * config_.head;
  for_each_token([&](std::size_t row) {
    const std::size_t position = rows_[row].position;
    float* query = work_.queries.data() + row * config_.heads * config_.head;
    for (std::size_t head = 0; head < config_.heads; ++head) turn(query + head * config_.head, block.q_norm, position);
    float* key = work_.keys.data() + row * width;
    for (std::size_t head = 0; head < config_.kv_heads; ++head) turn(key + head * config_.head, block.k_norm, position);
    Sequence& sequence = *rows_[row].chunk->sequence;
    std::copy_n(key, width, sequence.keys_[index].data() + position * width);
    std::copy_n(work_.values.data() + row * width, width, sequence.values_[index].data() + position * width);
  });
}

void ForwardPass::attend_run(std::size_t index, const Run& run, std::size_t head) {
  const Sequence& sequence = *run.chunk->sequence;
  const std::size_t group = config_.heads / config_.kv_heads, stride = config_.heads * config_.head;
  const std::size_t cached = head / group * config_.head;  // offset of the key head that this query head reads
  const std::size_t first = sequence.length_ + run.first;
  const std::size_t positions = spec_.attention.causal ? first + run.tokens : sequence.length_ + run.chunk->tokens.size();
  ScratchPool::Lease scores = runtime_.scratch.borrow(kernels::kAttentionTile * positions);
  runtime_.kernels.attention({.queries = work_.queries.data() + run.row * stride + head * config_.head,
                              .keys = sequence.keys_[index].data() + cached,
                              .values = sequence.values_[index].data() + cached,
                              .output = work_.mixed.data() + run.row * stride + head * config_.head,
                              .scores = scores.data(),
                              .tokens = run.tokens,
                              .head = config_.head,
                              .query_stride = stride,
                              .cache_stride = config_.kv_heads * config_.head,
                              .output_stride = stride,
                              .first_position = first,
                              .positions = positions,
                              .causal = spec_.attention.causal,
                              .scale = 1.0f / std::sqrt(static_cast<float>(config_.head))});
}

void ForwardPass::attend(std::size_t index) {
  prepare_heads(index);
  runtime_.threads.parallel_for(runs_.size() * config_.heads, 1, [&](std::uint64_t piece, std::uint64_t) {
    attend_run(index, runs_[piece / config_.heads], piece % config_.heads);
  });
}

// The gated MLP: gate = silu(gate) * up in place.
void ForwardPass::mix(const Block& block) {
  project({{block.gate, work_.gate.data()}, {block.up, work_.up.data()}}, work_.normed, rows_.size());
  for_each_token([&](std::size_t row) {
    float* gate = work_.gate.data() + row * config_.ffn;
    runtime_.kernels.swiglu(gate, work_.up.data() + row * config_.ffn, gate, config_.ffn);
  });
  project({{block.down, work_.branch.data()}}, work_.gate, rows_.size());
}

void ForwardPass::run_block(std::size_t index) {
  const Block& block = network_.blocks[index];
  normalise(work_.hidden, block.attn_norm, work_.normed);
  project({{block.q, work_.queries.data()}, {block.k, work_.keys.data()}, {block.v, work_.values.data()}}, work_.normed, rows_.size());
  attend(index);
  project({{block.o, work_.branch.data()}}, work_.mixed, rows_.size());
  add_branch();
  normalise(work_.hidden, block.ffn_norm, work_.normed);
  mix(block);
  add_branch();
}

void ForwardPass::compute_logits() {
  normalise(work_.hidden, network_.norm, work_.normed);
  show_hidden(config_.blocks, work_.normed);
  for (std::size_t i = 0; i < asked_.size(); ++i)
    std::copy_n(work_.normed.data() + asked_[i] * config_.model, config_.model, work_.selected.data() + i * config_.model);
  project({{network_.head, work_.logits.data()}}, work_.selected, asked_.size());
}

std::size_t ForwardPass::run(std::span<const Chunk> chunks) {
  check(chunks);
  lay_out(chunks);
  resize_workspace();
  embed();
  for (std::size_t index = 0; index < config_.blocks; ++index) {
    show_hidden(index, work_.hidden);
    run_block(index);
  }
  compute_logits();
  return asked_.size();
}

void ForwardPass::commit(std::span<const Chunk> chunks) {
  for (const Chunk& chunk : chunks) chunk.sequence->length_ += chunk.tokens.size();
}

}  // namespace tightrope::engine
