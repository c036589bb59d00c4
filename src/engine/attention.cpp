// Attention of one block: projections, norms and positions of the heads, keys and values into their places, softmax, output projection.
#include <algorithm>
#include <array>
#include <cmath>

#include "engine/pass.h"

namespace tightrope::engine {
namespace {

using kernels::kKeyTile;

// What a block's attention reads and writes, as extents and places.
class BlockAttention {
 public:
  BlockAttention(Pass& pass, const Block& block, std::size_t index)
      : pass_(pass),
        config_(pass.config()),
        block_(block),
        index_(index),
        variant_(index < config_.variants.size() ? config_.variants[index] : model::BlockVariant{}),
        query_width_(config_.heads * config_.head),
        key_width_(config_.kv_heads * config_.head) {}

  void project(const float* query_input, const float* value_input) {
    Workspace& work = pass_.work;
    const std::size_t tokens = pass_.tokens();
    const std::array calls = {LinearCall{block_.q, query_input, room(work.queries, tokens * query_width_), tokens},
                              LinearCall{block_.k, query_input, room(work.keys, tokens * key_width_), tokens},
                              LinearCall{block_.v, value_input, room(work.values, tokens * key_width_), tokens}};
    pass_.project(calls);
    room(work.mixed, tokens * query_width_);
    room(work.tiles, pass_.batch.tiles * key_width_ * kKeyTile);
  }

  // Queries and keys get their norms and positions; keys and values go where attention reads them.
  void place() {
    pass_.for_each(pass_.tokens(), [&](std::size_t row) {
      const Row& token = pass_.batch.rows[row];
      float* key = pass_.work.keys.data() + row * key_width_;
      prepare(pass_.work.queries.data() + row * query_width_, query_width_, block_.q_norm, token);
      prepare(key, key_width_, block_.k_norm, token);
      float* to = keys_of(*token.item) + token.position / kKeyTile * key_width_ * kKeyTile + token.position % kKeyTile;
      for (std::size_t i = 0; i < key_width_; ++i) to[i * kKeyTile] = key[i];
      if (token.item->sequence != nullptr)
        std::copy_n(pass_.work.values.data() + row * key_width_, key_width_, values_of(*token.item) + token.position * key_width_);
    });
  }

  void attend() {
    pass_.runtime.threads.parallel_for(pass_.batch.runs.size() * config_.heads, 1, [&](std::uint64_t piece, std::uint64_t) {
      attend_run(pass_.batch.runs[piece / config_.heads], piece % config_.heads);
    });
  }

 private:
  // Where an item's keys and values begin, of its first position.
  float* keys_of(const Item& item) const {
    return item.sequence != nullptr ? Cache::keys(*item.sequence, index_) : pass_.work.tiles.data() + item.tile * key_width_ * kKeyTile;
  }
  float* values_of(const Item& item) const {
    return item.sequence != nullptr ? Cache::values(*item.sequence, index_) : pass_.work.values.data() + item.row * key_width_;
  }

  // All heads of one token: their norm where there is one (of each head or of the row), then their turn by the position.
  void prepare(float* heads, std::size_t width, const NormLayer& norm, const Row& token) const {
    using Positions = model::BlockVariant::Positions;
    if (norm.present()) {
      const std::size_t length = norm.weight.size();
      const float* bias = norm.bias.empty() ? nullptr : norm.bias.data();
      for (float* x = heads; x < heads + width; x += length)
        (pass_.kernels().*norm.function)({x, norm.weight.data(), bias, x, length, static_cast<float>(config_.norm_epsilon)});
    }
    const RopeTable* table = variant_.positions == Positions::local ? token.item->local : token.item->global;
    if (table == nullptr || variant_.positions == Positions::none) return;
    const float *cosine = table->cosine(token.position), *sine = table->sine(token.position);
    for (float* x = heads; x < heads + width; x += config_.head) pass_.kernels().rope(x, cosine, sine, table->dimensions());
  }

  // A causal window counts the token itself; a two-sided one is as wide as it says, half to each side of the token.
  std::size_t behind() const {
    if (variant_.window == 0) return kernels::AttentionArguments::kEverything;
    return pass_.spec().attention.causal ? variant_.window - 1 : variant_.window / 2;
  }
  std::size_t ahead() const {
    if (pass_.spec().attention.causal) return 0;
    return variant_.window == 0 ? kernels::AttentionArguments::kEverything : variant_.window / 2;
  }

  void attend_run(const Run& run, std::size_t head) const {
    const Item& item = *run.item;
    const std::size_t read = head / (config_.heads / config_.kv_heads) * config_.head;  // offset of the key head that this one reads
    const std::size_t positions = pass_.spec().attention.causal ? run.position + run.tokens : item.end();
    const float usual = 1.0f / std::sqrt(static_cast<float>(config_.head));
    ScratchPool::Lease scores = pass_.runtime.scratch.borrow(kernels::kAttentionTile * kernels::key_tiles(positions) * kKeyTile);
    pass_.kernels().attention({.queries = pass_.work.queries.data() + run.row * query_width_ + head * config_.head,
                               .keys = keys_of(item) + read * kKeyTile,
                               .values = values_of(item) + read,
                               .output = pass_.work.mixed.data() + run.row * query_width_ + head * config_.head,
                               .scores = scores.data(),
                               .tokens = run.tokens,
                               .head = config_.head,
                               .query_stride = query_width_,
                               .key_stride = key_width_ * kKeyTile,
                               .value_stride = key_width_,
                               .output_stride = query_width_,
                               .first_position = run.position,
                               .positions = positions,
                               .behind = behind(),
                               .ahead = ahead(),
                               .scale = config_.attention_scale == 0 ? usual : static_cast<float>(config_.attention_scale),
                               .cap = static_cast<float>(config_.attention_cap)});
  }

  Pass& pass_;
  const model::Config& config_;
  const Block& block_;
  std::size_t index_;
  model::BlockVariant variant_;
  std::size_t query_width_, key_width_;
};

}  // namespace

void attend(Pass& pass, const Block& block, std::size_t index, const float* query_input, const float* value_input) {
  BlockAttention attention(pass, block, index);
  attention.project(query_input, value_input);
  attention.place();
  attention.attend();
  pass.project({block.o, pass.work.mixed.data(), room(pass.work.branch, pass.tokens() * block.o.out), pass.tokens()});
}

}  // namespace tightrope::engine
