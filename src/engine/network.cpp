// From a model's named tensors to the interpreter's structures.
#include "engine/network.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace tightrope::engine {
namespace {

Block load_block(const model::Model& model, std::size_t index) {
  const auto named = [&](std::string_view role) { return fmt::format("blocks.{}.{}", index, role); };
  const auto linear = [&](std::string_view role) { return load_linear(model, named(role), named(role)); };
  Block block{.attn_norm = load_vector(model, named("attn_norm")),
              .ffn_norm = load_vector(model, named("ffn_norm")),
              .q_norm = {},
              .k_norm = {},
              .q = linear("attn.q"),
              .k = linear("attn.k"),
              .v = linear("attn.v"),
              .o = linear("attn.o"),
              .gate = linear("ffn.gate"),
              .up = linear("ffn.up"),
              .down = linear("ffn.down")};
  if (model.arch().block.attention.qk_norm) {
    block.q_norm = load_vector(model, named("attn.q_norm"));
    block.k_norm = load_vector(model, named("attn.k_norm"));
  }
  return block;
}

bool all_finite(const model::Weight& weight) {
  constexpr std::uint64_t kFloats = 1 << 16;
  const std::uint64_t length = weight.shape().row_length(), rows = weight.shape().rows();
  const std::uint64_t step = std::max<std::uint64_t>(1, kFloats / std::max<std::uint64_t>(1, length));
  std::vector<float> values(step * length);
  for (std::uint64_t row = 0; row < rows; row += step) {
    const std::uint64_t count = std::min(step, rows - row);
    const std::span<float> part(values.data(), count * length);
    weight.read_rows_f32(row, count, part, formats::kScalarCodec);
    if (!std::all_of(part.begin(), part.end(), [](float value) { return std::isfinite(value); })) return false;
  }
  return true;
}

}  // namespace

Network load_network(const model::Model& model) {
  const model::BlockSpec& spec = model.arch().block;
  if (spec.norm != model::Norm::rms || spec.mlp != model::Mlp::swiglu)
    fail(ErrorCode::unsupported, "[engine] architecture '{}' needs a norm or MLP that the engine cannot compute", model.arch().name);
  Network network{.embed = model.get("embed").made_resident(),
                  .blocks = {},
                  .norm = load_vector(model, "norm"),
                  .head = load_linear(model, "head", model.find("head") != nullptr ? "head" : "embed")};
  for (std::size_t i = 0; i < model.config().blocks; ++i) network.blocks.push_back(load_block(model, i));
  return network;
}

void refuse_non_finite(const model::Model& model) {
  for (const model::NamedWeight& named : model.weights())
    if (!all_finite(named.weight))
      fail(ErrorCode::malformed, "[engine] tensor '{}' holds a number that is not finite; the checkpoint is damaged", named.name);
}

}  // namespace tightrope::engine
