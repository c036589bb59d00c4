// Attention of one block: projections, norms and positions of the heads, keys and values into their places, softmax, output projection.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "engine/pass.h"
#include "tensor/half.h"

namespace tightrope::engine {
namespace {

using kernels::kKeyTile;

constexpr std::size_t kManyRuns = 4;  // for each thread

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
        key_width_(config_.kv_heads * config_.head),
        layout_(kernels::cell_layout(pass.cell())),
        key_cells_(config_.kv_heads * layout_.key_width(config_.head)) {}

  void project(const float* query_input, const float* value_input) {
    Workspace& work = pass_.work;
    const std::size_t tokens = pass_.tokens();
    const std::array calls = {LinearCall{block_.q, query_input, room(work.queries, tokens * query_width_), tokens},
                              LinearCall{block_.k, query_input, room(work.keys, tokens * key_width_), tokens},
                              LinearCall{block_.v, value_input, room(work.values, tokens * key_width_), tokens}};
    pass_.project(calls);
    room(work.mixed, tokens * query_width_);
    room(work.key_cells, pass_.batch.tiles * kKeyTile * key_cells_ * layout_.bytes);
    room(work.value_cells, pass_.batch.tiles * kKeyTile * key_width_ * layout_.bytes);
  }

  // Queries and keys get their norms and positions; keys and values go where attention reads them.
  void place() {
    pass_.for_each(pass_.tokens(), [&](std::size_t row) {
      const Row& token = pass_.batch.rows[row];
      float* key = pass_.work.keys.data() + row * key_width_;
      prepare(pass_.work.queries.data() + row * query_width_, query_width_, block_.q_norm, token);
      prepare(key, key_width_, block_.k_norm, token);
      kStores[static_cast<std::size_t>(pass_.cell())](*this, token, key, pass_.work.values.data() + row * key_width_);
    });
  }

  void attend() {
    // Heads are shared out among the threads where there are few runs; of many, all heads of a run are one piece.
    const std::size_t runs = pass_.batch.runs.size(), grain = runs >= kManyRuns * pass_.runtime.threads.size() ? config_.kv_heads : 1;
    pass_.runtime.threads.parallel_for(runs * config_.kv_heads, grain, [&](std::uint64_t begin, std::uint64_t end) {
      const std::size_t rows = kAttentionRun * (config_.heads / config_.kv_heads);
      const auto lease = pass_.runtime.scratch.borrow();
      float* scratch = room(*lease, kernels::attention_scratch(rows, config_.head));
      for (std::uint64_t piece = begin; piece < end; ++piece)
        attend_run(pass_.batch.runs[piece / config_.kv_heads], piece % config_.kv_heads, scratch);
    });
  }

 private:
  // A head's cells of one item: in the pages of its sequence, or in the workspace, all positions of a head together.
  struct Cells {
    std::byte* keys;
    std::byte* values;
    std::size_t key_stride, value_stride;
    std::byte* const* pages;

    // The keys and the values of a block of positions, as AttentionArguments finds them.
    template <class Type>
    std::pair<Type*, Type*> of(std::size_t block) const {
      if (pages != nullptr)
        return {reinterpret_cast<Type*>(pages[block]) + key_stride, reinterpret_cast<Type*>(pages[block]) + value_stride};
      return {reinterpret_cast<Type*>(keys) + block * key_stride, reinterpret_cast<Type*>(values) + block * value_stride};
    }
  };
  Cells cells_of(const Item& item, std::size_t key_head) const {
    const std::size_t key_width = layout_.key_width(config_.head), positions = positions_together(item);
    const std::size_t keys = key_head * positions * key_width, values = key_head * positions * config_.head;
    if (item.sequence != nullptr) {
      const KvLayout& layout = Cache::layout(*item.sequence);
      return {nullptr, nullptr, layout.keys(index_) + keys, layout.values(index_) + values, Cache::pages(*item.sequence)};
    }
    return {pass_.work.key_cells.data() + (item.tile * kKeyTile * key_cells_ + keys) * layout_.bytes,
            pass_.work.value_cells.data() + (item.tile * kKeyTile * key_width_ + values) * layout_.bytes,
            kernels::kAttentionBlock * key_width, kernels::kAttentionBlock * config_.head, nullptr};
  }
  static std::size_t positions_together(const Item& item) {
    return item.sequence != nullptr ? kPagePositions : kernels::key_tiles(item.end()) * kKeyTile;
  }

  // Puts `count` numbers, converted, to `to`: kTogether after one another, kStride from one such run to the next. Some are converted at a
  // time: alone that takes vectors, scattering does not.
  template <auto kConvert, std::size_t kTogether, std::size_t kStride, class Type>
  static void store_row(const float* from, std::size_t count, Type* to) {
    constexpr std::size_t kSome = 32;
    Type some[kSome];
    for (; count >= kSome; count -= kSome, from += kSome, to += kSome / kTogether * kStride) {
      for (std::size_t i = 0; i < kSome; ++i) some[i] = kConvert(from[i]);
      for (std::size_t i = 0; i < kSome; ++i) to[i / kTogether * kStride + i % kTogether] = some[i];
    }
    for (std::size_t i = 0; i < count; ++i) to[i / kTogether * kStride + i % kTogether] = kConvert(from[i]);
  }

  // Puts the key and the value of a token where attention reads them.
  template <kernels::Cell kCell, class Type, Type (*kConvert)(float)>
  static void store(const BlockAttention& self, const Row& token, const float* key, const float* value) {
    constexpr kernels::CellLayout kLayout = kernels::cell_layout(kCell);
    const std::size_t head = self.config_.head, block = token.position / kernels::kAttentionBlock;
    const std::size_t position = token.position % kernels::kAttentionBlock;
    for (std::size_t h = 0; h < self.config_.kv_heads; ++h, key += head, value += head) {
      const auto [keys, values] = self.cells_of(*token.item, h).template of<Type>(block);
      store_row<kConvert, kLayout.together, kKeyTile * kLayout.together>(key, head, keys + kLayout.key(position, 0, head));
      store_row<kConvert, 1, kLayout.together>(value, head, values + kLayout.value(position, 0, head));
    }
  }
  static float keep(float value) { return value; }
  static bf16 round(float value) { return to_bf16(value); }
  static constexpr std::array kStores = {store<kernels::Cell::f32, float, keep>, store<kernels::Cell::bf16, bf16, round>};  // by Cell

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

  void attend_run(const Run& run, std::size_t key_head, float* scratch) const {
    const Item& item = *run.item;
    const std::size_t group = config_.heads / config_.kv_heads, first = run.row * query_width_ + key_head * group * config_.head;
    const float usual = 1.0f / std::sqrt(static_cast<float>(config_.head));
    const kernels::AttentionFunction function = pass_.kernels().attention[static_cast<std::size_t>(pass_.cell())];
    const Cells cells = cells_of(item, key_head);
    function({.queries = pass_.work.queries.data() + first,
              .keys = cells.keys,
              .values = cells.values,
              .output = pass_.work.mixed.data() + first,
              .scratch = scratch,
              .tokens = run.tokens,
              .group = group,
              .head = config_.head,
              .query_stride = query_width_,
              .key_stride = cells.key_stride,
              .value_stride = cells.value_stride,
              .output_stride = query_width_,
              .first_position = run.position,
              .positions = pass_.spec().attention.causal ? run.position + run.tokens : item.end(),
              .behind = behind(),
              .ahead = ahead(),
              .scale = config_.attention_scale == 0 ? usual : static_cast<float>(config_.attention_scale),
              .cap = static_cast<float>(config_.attention_cap),
              .pages = cells.pages});
  }

  Pass& pass_;
  const model::Config& config_;
  const Block& block_;
  std::size_t index_;
  model::BlockVariant variant_;
  std::size_t query_width_, key_width_;
  kernels::CellLayout layout_;
  std::size_t key_cells_;  // of a position, all heads
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
