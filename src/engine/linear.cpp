// Linear layers: cutting them into pieces of rows and tokens for the threads.
#include "engine/linear.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "kernels/words.h"
#include "model/adapter.h"

namespace tightrope::engine {
namespace {

constexpr std::size_t kPanelFloats = std::size_t{1} << 17;  // a decoded panel: 512 KiB, half of a core's second-level cache
constexpr std::size_t kTokenBlock = 256;                    // tokens a decoded panel is used for before its thread takes another piece
constexpr std::size_t kPackedTokenBlock = 512;              // the same for packed weights, whose activations are a quarter as large

std::size_t divide_up(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

// A multiple of 4 (the kernels' tile), 4 to 64.
std::size_t panel_rows(const Linear& layer) { return std::clamp(kPanelFloats / layer.in / 4 * 4, std::size_t{4}, std::size_t{64}); }

// Rows of a packed layer that are one piece: as many as the threads can still share, in pairs of groups. Of many tokens they are no more
// than make a few microseconds' work; of few, which only read the weights, up to 1 MB, because every new piece begins with a wait for the
// memory.
std::size_t packed_rows(const LinearCall& call, unsigned threads) {
  constexpr std::size_t kManyTokens = 16, kPieceProducts = std::size_t{1} << 22, kPieceBytes = std::size_t{1} << 20, kLeast = 2;
  const std::size_t shared = call.width() / kernels::kGroupRows / (2 * std::size_t{threads});
  const std::size_t longest = call.tokens > kManyTokens
                                  ? kPieceProducts / (std::min(call.tokens, kPackedTokenBlock) * call.layer.in * kernels::kGroupRows)
                                  : kPieceBytes / call.layer.packed.format->group_bytes(call.layer.in);
  return std::max(std::min(shared, longest) / kLeast * kLeast, kLeast) * kernels::kGroupRows;
}

// How a call is cut: `rows` and `tokens` a piece.
struct Cut {
  std::size_t rows, tokens;

  Cut(const LinearCall& call, unsigned threads)
      : rows(call.layer.packed.present() ? packed_rows(call, threads) : panel_rows(call.layer)),
        tokens(call.layer.packed.present() ? kPackedTokenBlock : kTokenBlock) {}
  std::size_t blocks(const LinearCall& call) const { return divide_up(call.tokens, tokens); }
  std::size_t pieces(const LinearCall& call) const { return divide_up(call.width(), rows) * blocks(call); }
};

// Whether a panel is made anew: decoded, or copied because its own floats straddle cache lines and many tokens will read them.
bool needs_scratch(const Linear& layer, std::size_t tokens) {
  constexpr std::size_t kManyTokens = 32;
  if (layer.plain == nullptr) return true;
  const bool straddles = reinterpret_cast<std::uintptr_t>(layer.plain) % kernels::kCacheLine != 0;
  return straddles && tokens >= kManyTokens && layer.in * sizeof(float) % kernels::kCacheLine == 0;
}

// `rows` rows from `first`, as floats: the weight's own, or in `scratch`.
const float* panel(const Runtime& runtime, const Linear& layer, std::size_t first, std::size_t rows, float* scratch) {
  if (scratch == nullptr) return layer.plain + first * layer.in;
  const std::byte* blocks = layer.weight.bytes().data() + first * layer.weight.row_bytes();
  runtime.kernels.codec.decode(layer.weight.format(), blocks, scratch, rows * layer.in);
  return scratch;
}

// down x for every token of a call, [tokens, rank].
void reduce(Runtime& runtime, const LinearCall& call, kernels::AlignedFloats& reduced) {
  const Addition& addition = call.layer.addition;
  reduced.resize(call.tokens * addition.rank);
  runtime.threads.parallel_for(call.tokens, kTokenBlock, [&](std::uint64_t begin, std::uint64_t end) {
    runtime.kernels.matmul({.weights = addition.down.data(),
                            .x = call.x + begin * call.stride(),
                            .y = reduced.data() + begin * addition.rank,
                            .rows = addition.rank,
                            .tokens = end - begin,
                            .length = call.layer.in,
                            .x_stride = call.stride(),
                            .y_stride = addition.rank});
  });
}

// Rows of the layer that one piece computes: y is [tokens, rows], rows y_stride apart.
struct Tile {
  std::size_t first, rows, tokens;
  float* y;
  std::size_t y_stride;
};

// `reduced` are the tile's tokens, [tokens, rank].
void add_addition(Runtime& runtime, const Linear& layer, const float* reduced, const Tile& tile) {
  const Addition& addition = layer.addition;
  const auto lease = runtime.scratch.borrow();
  float* added = room(*lease, tile.rows * tile.tokens);
  runtime.kernels.matmul({.weights = addition.up.data() + tile.first * addition.rank,
                          .x = reduced,
                          .y = added,
                          .rows = tile.rows,
                          .tokens = tile.tokens,
                          .length = addition.rank,
                          .x_stride = addition.rank,
                          .y_stride = tile.rows});
  for (std::size_t t = 0; t < tile.tokens; ++t) {
    float* y = tile.y + t * tile.y_stride;
    runtime.kernels.add(y, added + t * tile.rows, tile.rows);
    for (std::size_t row = 0; !addition.factors.empty() && row < tile.rows; ++row) y[row] *= addition.factors[tile.first + row];
    if (!layer.bias.empty()) runtime.kernels.add(y, layer.bias.data() + tile.first, tile.rows);
  }
}

// The product and the bias, where nothing is added later.
void multiply_packed(const LinearCall& call, const Activations& x, std::size_t token, const Tile& tile, const float* bias) {
  call.layer.packed.format->matmul({.groups = call.layer.packed.groups.data(),
                                    .x = x.rows().from(token),
                                    .y = tile.y,
                                    .first_row = tile.first,
                                    .rows = tile.rows,
                                    .tokens = tile.tokens,
                                    .y_stride = tile.y_stride,
                                    .bias = bias});
}

void multiply_decoded(Runtime& runtime, const LinearCall& call, std::size_t token, const Tile& tile, const float* bias) {
  const Linear& layer = call.layer;
  const bool made = needs_scratch(layer, tile.tokens);
  const auto lease = runtime.scratch.borrow();
  float* scratch = made ? room(*lease, tile.rows * layer.in) : nullptr;
  runtime.kernels.matmul({.weights = panel(runtime, layer, tile.first, tile.rows, scratch),
                          .x = call.x + token * call.stride(),
                          .y = tile.y,
                          .rows = tile.rows,
                          .tokens = tile.tokens,
                          .length = layer.in,
                          .x_stride = call.stride(),
                          .y_stride = tile.y_stride,
                          .bias = bias});
}

// What a call needs beside itself: its input rounded, where its weights are packed, and reduced, where its layer has an addition.
struct Prepared {
  const Activations* rounded = nullptr;
  kernels::AlignedFloats reduced;
};

void run_piece(Runtime& runtime, const LinearCall& call, const Prepared& prepared, std::size_t piece) {
  const Linear& layer = call.layer;
  const Cut cut(call, runtime.threads.size());
  const std::size_t blocks = cut.blocks(call), width = call.width();
  const std::size_t row = piece / blocks * cut.rows, token = piece % blocks * cut.tokens;
  const Tile tile{.first = call.first_row + row,
                  .rows = std::min(cut.rows, width - row),
                  .tokens = std::min(cut.tokens, call.tokens - token),
                  .y = call.y + token * width + row,
                  .y_stride = width};
  const bool adds = layer.addition.present();  // then the bias comes last
  const float* bias = layer.bias.empty() || adds ? nullptr : layer.bias.data() + tile.first;
  if (prepared.rounded != nullptr)
    multiply_packed(call, *prepared.rounded, token, tile, bias);
  else
    multiply_decoded(runtime, call, token, tile, bias);
  if (adds) add_addition(runtime, layer, prepared.reduced.data() + token * layer.addition.rank, tile);
  if (call.after == nullptr) return;
  for (std::size_t t = 0; t < tile.tokens; ++t) call.after(tile.y + t * width, nullptr, tile.y + t * width, tile.rows);
}

// Calls that read the same input share what it is rounded to.
const Activations& round_input(Runtime& runtime, std::vector<Activations>& inputs, std::span<const LinearCall> calls,
                               std::span<Prepared> prepared, std::size_t index) {
  const LinearCall& call = calls[index];
  std::size_t used = 0;
  for (std::size_t i = 0; i < index; ++i) {
    if (prepared[i].rounded == nullptr) continue;
    if (calls[i].x == call.x && calls[i].tokens == call.tokens && calls[i].stride() == call.stride() &&
        calls[i].layer.in == call.layer.in && calls[i].layer.packed.format->preparation == call.layer.packed.format->preparation)
      return *prepared[i].rounded;
    ++used;
  }
  Activations& rounded = inputs[used];
  rounded.assign(call.x, call.tokens, call.layer.in, call.stride(), *call.layer.packed.format->preparation, runtime.threads);
  return rounded;
}

// How a layer's weights are packed; null: not at all. An exact engine packs floats alone. An encoder's 16-bit weights are packed as floats,
// as its keys and values are kept (cell_of): its answer is a label or a vector, which nothing averages out, and rounding to bf16 turned one
// of 872 reviews. Who wants speed there has the 8-bit formats and int8.
const kernels::PackedFormat* packing_of(const model::Model& model, const model::Weight& weight, std::string_view name,
                                        const Runtime& runtime) {
  const kernels::Isa isa = runtime.kernels.isa;
  const formats::Format &format = weight.format(), &floats = formats::get("f32");
  const bool in_block = name.starts_with("blocks.") && weight.shape().row_length() <= kernels::kMostByteLength;
  if (runtime.int8 && in_block) return kernels::byte_rows(isa);
  if (format.kind != formats::Kind::block && !model.arch().block.attention.causal) return kernels::packed_format(isa, floats);
  return runtime.exact && &format != &floats ? nullptr : kernels::packed_format(isa, format);
}

Addition load_addition(const model::LowRank& from, const model::Weight& weight) {
  Addition addition{.rank = from.rank, .down = {from.a.begin(), from.a.end()}, .up = {from.b.begin(), from.b.end()}, .factors = {}};
  if (from.magnitude.empty()) return addition;
  const std::vector<float> factors = model::row_factors(from, weight, formats::kScalarCodec);
  addition.factors.assign(factors.begin(), factors.end());
  return addition;
}

}  // namespace

kernels::AlignedFloats load_vector(const model::Model& model, std::string_view name) {
  const model::Weight& weight = model.get(name);
  kernels::AlignedFloats values(weight.shape().elements());
  weight.read_rows_f32(0, weight.shape().rows(), values, formats::kScalarCodec);
  if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
    fail(ErrorCode::malformed, "[engine] tensor '{}' holds a number that is not finite; the checkpoint is damaged", name);
  return values;
}

std::uint64_t kept_bytes(const model::Model& model, const model::Weight& weight, std::string_view name, const Runtime& runtime) {
  const kernels::PackedFormat* packing = packing_of(model, weight, name, runtime);
  if (packing == nullptr) return weight.size_bytes();
  return divide_up(weight.shape().rows(), kernels::kGroupRows) * packing->group_bytes(weight.shape().row_length());
}

Linear load_linear(const model::Model& model, std::string_view name, std::string_view weight_name, Runtime& runtime) {
  Linear layer;
  layer.name = name;
  layer.weight = model.get(weight_name);
  layer.out = layer.weight.shape().rows();
  layer.in = layer.weight.shape().row_length();
  if (layer.weight.format().decode == nullptr)
    fail(ErrorCode::unsupported, "[engine] tensor '{}' is stored as {}, which holds no weights", weight_name, layer.weight.format().name);
  const model::LowRank* addition = model.adapter() ? model.adapter()->find(name) : nullptr;
  if (addition != nullptr) layer.addition = load_addition(*addition, layer.weight);
  const std::string bias = layer.name + ".bias";
  if (model.find(bias) != nullptr) layer.bias = load_vector(model, bias);
  layer.packed = pack(layer.weight, packing_of(model, layer.weight, name, runtime), runtime.kernels.codec, runtime.threads);
  if (layer.packed.present()) return layer;
  layer.weight = layer.weight.made_resident();
  const std::byte* bytes = layer.weight.bytes().data();
  const bool floats = layer.weight.format().name == "f32" && reinterpret_cast<std::uintptr_t>(bytes) % alignof(float) == 0;
  if (floats) layer.plain = reinterpret_cast<const float*>(bytes);
  return layer;
}

void apply(Runtime& runtime, std::vector<Activations>& inputs, std::span<const LinearCall> calls) {
  std::size_t total = 0;
  std::vector<Prepared> prepared(calls.size());
  if (inputs.size() < calls.size()) inputs.resize(calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    total += Cut(calls[i], runtime.threads.size()).pieces(calls[i]);
    if (calls[i].layer.packed.present()) prepared[i].rounded = &round_input(runtime, inputs, calls, prepared, i);
    if (calls[i].layer.addition.present()) reduce(runtime, calls[i], prepared[i].reduced);
  }
  runtime.threads.parallel_for(total, 1, [&](std::uint64_t begin, std::uint64_t) {
    std::size_t piece = begin, index = 0;
    for (std::size_t pieces = 0; piece >= (pieces = Cut(calls[index], runtime.threads.size()).pieces(calls[index])); ++index)
      piece -= pieces;
    run_piece(runtime, calls[index], prepared[index], piece);
  });
}

}  // namespace tightrope::engine
