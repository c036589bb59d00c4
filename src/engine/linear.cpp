// Linear layers: cutting them into panels of rows and blocks of tokens.
#include "engine/linear.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace tightrope::engine {
namespace {

constexpr std::size_t kPanelFloats = std::size_t{1} << 17;  // a decoded panel: 512 KiB, half of a core's second-level cache
constexpr std::size_t kTokenBlock = 256;                    // tokens a decoded panel is used for before its thread takes another piece

std::size_t divide_up(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

// A multiple of 4 (the kernels' tile), 4 to 64.
std::size_t panel_rows(const Linear& layer) { return std::clamp(kPanelFloats / layer.in / 4 * 4, std::size_t{4}, std::size_t{64}); }

std::size_t pieces_of(const LinearCall& call) {
  return divide_up(call.width(), panel_rows(call.layer)) * divide_up(call.tokens, kTokenBlock);
}

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

void run_piece(Runtime& runtime, const LinearCall& call, std::size_t piece) {
  const Linear& layer = call.layer;
  const std::size_t blocks = divide_up(call.tokens, kTokenBlock), height = panel_rows(layer), width = call.width();
  const std::size_t row = piece / blocks * height, token = piece % blocks * kTokenBlock;
  const std::size_t rows = std::min(height, width - row), count = std::min(kTokenBlock, call.tokens - token);
  const std::size_t first = call.first_row + row;
  const bool made = needs_scratch(layer, count);
  ScratchPool::Lease scratch = runtime.scratch.borrow(made ? rows * layer.in : 0);
  float* y = call.y + token * width + row;
  runtime.kernels.matmul({.weights = panel(runtime, layer, first, rows, made ? scratch.data() : nullptr),
                          .x = call.x + token * call.stride(),
                          .y = y,
                          .rows = rows,
                          .tokens = count,
                          .length = layer.in,
                          .x_stride = call.stride(),
                          .y_stride = width,
                          .bias = layer.bias.empty() ? nullptr : layer.bias.data() + first});
  if (call.after == nullptr) return;
  for (std::size_t t = 0; t < count; ++t) call.after(y + t * width, nullptr, y + t * width, rows);
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

Linear load_linear(const model::Model& model, std::string_view name, std::string_view weight_name) {
  Linear layer;
  layer.name = name;
  layer.weight = model.get(weight_name).made_resident();
  layer.out = layer.weight.shape().rows();
  layer.in = layer.weight.shape().row_length();
  if (layer.weight.format().decode == nullptr)
    fail(ErrorCode::unsupported, "[engine] tensor '{}' is stored as {}, which holds no weights", weight_name, layer.weight.format().name);
  const std::byte* bytes = layer.weight.bytes().data();
  const bool floats = layer.weight.format().name == "f32" && reinterpret_cast<std::uintptr_t>(bytes) % alignof(float) == 0;
  if (floats) layer.plain = reinterpret_cast<const float*>(bytes);
  const std::string bias = layer.name + ".bias";
  if (model.find(bias) != nullptr) layer.bias = load_vector(model, bias);
  return layer;
}

void apply(Runtime& runtime, std::span<const LinearCall> calls) {
  std::size_t total = 0;
  for (const LinearCall& call : calls) total += pieces_of(call);
  runtime.threads.parallel_for(total, 1, [&](std::uint64_t begin, std::uint64_t) {
    std::size_t piece = begin;
    const LinearCall* call = calls.data();
    for (; piece >= pieces_of(*call); ++call) piece -= pieces_of(*call);
    run_piece(runtime, *call, piece);
  });
}

}  // namespace tightrope::engine
