// The texts of one forward pass, laid out as rows of tokens one after another: no padding.
#pragma once

#include <deque>
#include <span>
#include <vector>

#include "engine/engine.h"
#include "engine/rope_table.h"

namespace tightrope::engine {

// One text, or what continues one.
struct Item {
  std::span<const text::TokenId> tokens;
  std::span<const std::uint32_t> types;  // empty: all 0
  Sequence* sequence = nullptr;          // null: keys and values live in the workspace
  std::size_t first = 0;                 // position of the first token
  std::size_t row = 0;                   // of the batch, of the first token
  std::size_t tile = 0;                  // of the workspace's keys, of the first token
  const RopeTable* global = nullptr;     // null: positions turn nothing
  const RopeTable* local = nullptr;

  std::size_t end() const { return first + tokens.size(); }  // positions there are
};

struct Row {
  const Item* item;
  std::size_t position;
};

// Tokens of a pass: enough for the weights to be read seldom, few enough for activations to stay in the caches.
inline constexpr std::size_t kTokensAtOnce = 512;
inline constexpr std::size_t kAttentionRun = 32;  // query tokens of a run, at most

// A run of query tokens of one item that attend together, in every head.
struct Run {
  const Item* item;
  std::size_t row;  // of the batch, of its first token
  std::size_t position;
  std::size_t tokens;
};

struct Batch {
  std::deque<Item> items;  // which rows and runs point at
  std::vector<Row> rows;
  std::vector<Run> runs;
  std::vector<std::size_t> asked;  // rows whose logits are wanted
  std::size_t tiles = 0;           // of keys in the workspace
  std::deque<std::vector<text::TokenId>> replayed;
};

// What a Sequence keeps, for those that fill and read it.
struct Cache {
  static std::byte* const* pages(const Sequence& sequence) { return sequence.cells_.data(); }
  static const KvLayout& layout(const Sequence& sequence) { return sequence.pool_->layout(); }
  // A sequence whose frequencies change with its new length must be computed anew: what it keeps of all blocks but the first was made from
  // hidden states that the old ones shaped. Marks it as being so until the pass is committed.
  static bool start(Sequence& sequence, const Rotations* rotations, std::uint64_t new_length);
  static bool replays(const Sequence& sequence) { return sequence.replays_; }
  static std::span<const text::TokenId> tokens(const Sequence& sequence) { return sequence.tokens_; }
  static void make_room(Sequence& sequence, std::uint64_t tokens) { sequence.make_room(tokens); }
  static void commit(const Chunk& chunk) { chunk.sequence->commit(chunk.tokens); }
};

// How keys and values are kept: those of an encoder, which are soon forgotten, exactly, unless what makes them is rounded to bytes.
inline kernels::Cell cell_of(const model::Model& model, bool exact, bool int8) {
  const bool keeps = exact || (!model.arch().block.attention.causal && !int8);
  return keeps ? kernels::Cell::f32 : kernels::Cell::bf16;
}

// Tokens a text may have. Where frequencies stretch with the length, no limit but that of learned positions.
std::uint64_t position_limit(const model::Model& model);

// Errors: unsupported (a model that continues no texts).
void check_continues(const model::Model& model);

// Errors: invalid_argument, as Engine::encode says.
void check_texts(const model::Model& model, std::span<const Text> texts);

// `cell` is the engine's; `rotations` is null when positions turn nothing. Texts must have been checked, chunks are: invalid_argument, as
// Engine::forward says.
Batch lay_out_chunks(const model::Model& model, std::span<const Chunk> chunks, kernels::Cell cell, Rotations* rotations);
// Batches of texts that run at the same time are laid out one after the other; a call with `first` forgets the tables of those before.
Batch lay_out_texts(std::span<const Text> texts, Rotations* rotations, bool first);

// Texts that are encoded together: [first, first + count) of all, `tokens` of theirs from token `row` on.
struct TextGroup {
  std::size_t first = 0, count = 0, row = 0, tokens = 0;
};
// Cuts texts, in their order, into groups of a size that suits the caches. With several threads there are groups for all of them, about
// equally large, where no single text is too long for that.
struct TextGroups {
  std::vector<TextGroup> groups;
  bool abreast = false;  // each is work for one thread; otherwise all threads share one after the other

  TextGroups(std::span<const Text> texts, std::size_t threads);
};

}  // namespace tightrope::engine
