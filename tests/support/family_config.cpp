// Completes a configuration by looking at an architecture's rows.
#include "support/family_config.h"

#include <algorithm>

namespace tightrope::testing {
namespace {

// The shape of a tensor of the trunk; empty when the family has no such tensor.
std::string_view shape_in(const model::Arch& arch, std::string_view canonical) {
  const auto found =
      std::find_if(arch.tensors.begin(), arch.tensors.end(), [&](const model::TensorSpec& spec) { return spec.canonical == canonical; });
  return found == arch.tensors.end() ? std::string_view() : found->shape;
}

const model::HeadSpec* language_head(const model::Arch& arch) {
  using Kind = model::HeadSpec::Kind;
  const auto found = std::find_if(arch.heads.begin(), arch.heads.end(),
                                  [](const model::HeadSpec& head) { return head.kind == Kind::causal_lm || head.kind == Kind::masked_lm; });
  return found == arch.heads.end() ? &arch.heads.front() : &*found;
}

void add_windows(const model::Arch& arch, model::Config& config) {
  config.variants.assign(config.blocks, {});
  if (arch.block.attention.window.rule == model::WindowSpec::Rule::never) return;
  config.variants.back() = {.window = 9, .positions = model::BlockVariant::Positions::local};
  config.local_rope = config.rope;
  config.local_rope->theta = 700;
}

}  // namespace

model::Config family_config(const model::Arch& arch, model::Config config) {
  config.output = language_head(arch);
  config.parallel = arch.block.parallel;
  config.groups = config.blocks;
  if (shape_in(arch, "blocks.*.attn.q").starts_with("[model")) config.head = config.model / config.heads;
  if (config.rope_dimensions == 0) config.rope_dimensions = config.head;
  if (shape_in(arch, "blocks.*.attn.k").find("kv_heads") == std::string_view::npos) config.kv_heads = config.heads;
  const bool factorised = shape_in(arch, "embed").find("embedding") != std::string_view::npos;
  config.embedding = factorised ? config.model / 2 : config.model;
  config.bottleneck = shape_in(arch, "blocks.*.bottleneck.in").empty() ? config.model : config.heads * config.head;
  config.stacked = shape_in(arch, "blocks.*.stacked.#.up").empty() ? 0 : 2;
  if (!shape_in(arch, "embed.positions").empty()) config.positions = 90;
  if (!shape_in(arch, "embed.types").empty()) config.types = 2;
  if (arch.embedding.positions_after_padding) config.padding = 1;
  if (!shape_in(arch, "blocks.*.ffn.router").empty()) {
    config.experts = 4;
    config.experts_used = 2;
    config.expert_ffn = config.ffn / 2;
  }
  if (!config.parallel && shape_in(arch, "blocks.*.ffn.gate").empty()) config.activation = model::Activation::gelu;
  if (config.parallel) config.activation = model::Activation::gelu_tanh;
  config.head_activation = model::Activation::gelu;
  config.labels = {"no", "yes", "perhaps"};
  add_windows(arch, config);
  return config;
}

}  // namespace tightrope::testing
