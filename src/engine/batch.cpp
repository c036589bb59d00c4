// Checks of what a forward pass is given, and its layout.
#include "engine/batch.h"

#include <algorithm>

#include "base/error.h"
#include "kernels/ops.h"

namespace tightrope::engine {
namespace {

constexpr std::size_t kLeastEncodedAbreast = 24;  // tokens; fewer make poor tiles: then the threads share them

void check_ids(const model::Config& config, std::span<const text::TokenId> tokens) {
  for (const text::TokenId id : tokens)
    if (id >= config.vocab) fail(ErrorCode::invalid_argument, "[engine] token id {} is beyond the vocabulary of {}", id, config.vocab);
}

void check_length(const model::Model& model, std::uint64_t length) {
  const std::uint64_t limit = position_limit(model);
  if (length > limit)
    fail(ErrorCode::invalid_argument, "[engine] a text of {} tokens exceeds the model's context of {}; shorten it", length, limit);
}

void check_chunk(const model::Model& model, const Chunk& chunk, kernels::Cell cell) {
  if (chunk.sequence == nullptr || chunk.tokens.empty())
    fail(ErrorCode::invalid_argument, "[engine] a chunk needs a sequence and at least one token");
  const Sequence& sequence = *chunk.sequence;
  if (Cache::layout(sequence) != KvLayout(model.config(), cell))
    fail(ErrorCode::invalid_argument,
         "[engine] a sequence belongs to a model of another shape or to an engine of other exactness; make it with this engine's "
         "new_sequence");
  if (chunk.tokens.size() > sequence.capacity() - sequence.length())
    fail(ErrorCode::invalid_argument, "[engine] {} tokens after {} exceed the sequence's capacity of {}; make a larger one",
         chunk.tokens.size(), sequence.length(), sequence.capacity());
  check_length(model, sequence.length() + chunk.tokens.size());
  check_ids(model.config(), chunk.tokens);
}

void check_chunks(const model::Model& model, std::span<const Chunk> chunks, kernels::Cell cell) {
  check_continues(model);
  std::vector<const Sequence*> seen;
  for (const Chunk& chunk : chunks) {
    check_chunk(model, chunk, cell);
    seen.push_back(chunk.sequence);
  }
  std::sort(seen.begin(), seen.end());
  if (std::adjacent_find(seen.begin(), seen.end()) != seen.end())
    fail(ErrorCode::invalid_argument, "[engine] a sequence appears twice in one batch; join its chunks");
}

void check_text(const model::Model& model, const Text& text) {
  const model::Config& config = model.config();
  if (text.tokens.empty()) fail(ErrorCode::invalid_argument, "[engine] a text needs at least one token");
  if (!text.types.empty() && text.types.size() != text.tokens.size())
    fail(ErrorCode::invalid_argument, "[engine] a text of {} tokens has {} token types; give one each or none", text.tokens.size(),
         text.types.size());
  const std::uint64_t types = std::max<std::uint64_t>(1, config.types);
  for (const std::uint32_t type : text.types)
    if (type >= types) fail(ErrorCode::invalid_argument, "[engine] token type {} is beyond the model's {}", type, types);
  check_length(model, text.tokens.size());
  check_ids(config, text.tokens);
}

void append(Batch& batch, const Item& text, Rotations* rotations) {
  Item& item = batch.items.emplace_back(text);
  item.row = batch.rows.size();
  item.tile = batch.tiles;
  if (rotations != nullptr) {
    item.global = &rotations->global.of(item.end());
    item.local = &rotations->local.of(item.end());
  }
  const std::size_t count = item.tokens.size();
  for (std::size_t first = 0; first < count; first += kAttentionRun)
    batch.runs.push_back({&item, item.row + first, item.first + first, std::min(kAttentionRun, count - first)});
  for (std::size_t i = 0; i < count; ++i) batch.rows.push_back({&item, item.first + i});
  if (item.sequence == nullptr) batch.tiles += kernels::key_tiles(count);
}

void begin(Rotations* rotations) {
  if (rotations == nullptr) return;
  rotations->global.begin();
  rotations->local.begin();
}

Item item_of(Batch& batch, const Chunk& chunk, const Rotations* rotations) {
  Sequence& sequence = *chunk.sequence;
  Item item{.tokens = chunk.tokens, .types = {}, .sequence = &sequence, .first = sequence.length()};
  if (Cache::start(sequence, rotations, sequence.length() + chunk.tokens.size())) {
    const std::span<const text::TokenId> before = Cache::tokens(sequence);
    std::vector<text::TokenId>& all = batch.replayed.emplace_back(before.begin(), before.end());
    all.insert(all.end(), chunk.tokens.begin(), chunk.tokens.end());
    item.tokens = all;
    item.first = 0;
  }
  return item;
}

}  // namespace

bool Cache::start(Sequence& sequence, const Rotations* rotations, std::uint64_t new_length) {
  if (rotations == nullptr || !sequence.replays_) return false;
  const bool same = sequence.length_ == 0 || (sequence.made_for_ != 0 && rotations->global.same(sequence.made_for_, new_length) &&
                                              rotations->local.same(sequence.made_for_, new_length));
  if (!same) sequence.made_for_ = 0;
  return !same;
}

std::uint64_t position_limit(const model::Model& model) {
  const model::Config& config = model.config();
  const auto offset = model.arch().embedding.positions_after_padding ? static_cast<std::uint64_t>(config.padding + 1) : 0;
  if (config.positions > 0) return config.positions > offset ? config.positions - offset : 0;
  const bool stretches = config.rope.scaling == model::RopeConfig::Scaling::dynamic;
  return stretches || config.context == 0 ? UINT64_MAX : config.context;
}

void check_continues(const model::Model& model) {
  if (!model.arch().block.attention.causal)
    fail(ErrorCode::unsupported,
         "[engine] a model of architecture '{}' reads whole texts and continues none; 'embed' and 'classify' do what it is for",
         model.arch().name);
  const model::HeadSpec* output = model.config().output;
  if (output != nullptr && output->kind != model::HeadSpec::Kind::causal_lm)
    fail(ErrorCode::unsupported, "[engine] a {} gives no logits of the next token; 'embed' and 'classify' do what it is for",
         output->hf_class);
}

Batch lay_out_chunks(const model::Model& model, std::span<const Chunk> chunks, kernels::Cell cell, Rotations* rotations) {
  check_chunks(model, chunks, cell);
  begin(rotations);
  Batch batch;
  for (const Chunk& chunk : chunks) {
    Cache::make_room(*chunk.sequence, chunk.tokens.size());
    append(batch, item_of(batch, chunk, rotations), rotations);
    const std::size_t end = batch.rows.size();
    for (std::size_t row = chunk.all_logits ? end - chunk.tokens.size() : end - 1; row < end; ++row) batch.asked.push_back(row);
  }
  return batch;
}

void check_texts(const model::Model& model, std::span<const Text> texts) {
  for (const Text& text : texts) check_text(model, text);
}

Batch lay_out_texts(std::span<const Text> texts, Rotations* rotations, bool first) {
  if (first) begin(rotations);
  Batch batch;
  for (const Text& text : texts) append(batch, {.tokens = text.tokens, .types = text.types}, rotations);
  return batch;
}

TextGroups::TextGroups(std::span<const Text> texts, std::size_t threads) {
  std::size_t total = 0, longest = 0;
  for (const Text& text : texts) {
    total += text.tokens.size();
    longest = std::max(longest, text.tokens.size());
  }
  const std::size_t rounds = std::max<std::size_t>(1, (total + threads * kTokensAtOnce - 1) / (threads * kTokensAtOnce));
  const std::size_t many = rounds * threads, share = total / many;
  abreast = threads > 1 && share >= std::max(longest, kLeastEncodedAbreast);
  const std::size_t count = abreast ? many : std::max<std::size_t>(1, (total + kTokensAtOnce - 1) / kTokensAtOnce);
  // A text goes where its middle falls.
  std::size_t before = 0, last = SIZE_MAX;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::size_t tokens = texts[i].tokens.size(), place = (2 * before + tokens) * count / (2 * total);
    if (place != last) groups.push_back({.first = i, .count = 0, .row = before, .tokens = 0});
    last = place;
    ++groups.back().count;
    groups.back().tokens += tokens;
    before += tokens;
  }
}

}  // namespace tightrope::engine
