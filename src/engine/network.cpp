// From a model's named tensors to the interpreter's structures: which tensors there are says what a block does.
#include "engine/network.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "model/adapter.h"

namespace tightrope::engine {
namespace {

struct NormRow {
  model::Norm norm;
  kernels::NormFunction kernels::KernelTable::*function;
};
constexpr NormRow kNorms[] = {{model::Norm::rms, &kernels::KernelTable::rms_norm},
                              {model::Norm::rms_plus_one, &kernels::KernelTable::rms_norm},
                              {model::Norm::layer, &kernels::KernelTable::layer_norm},
                              {model::Norm::affine, &kernels::KernelTable::affine}};

// A table of rows to look up, in memory; one that an adapter changes becomes float32.
model::Weight load_table(const model::Model& model, const std::string& name) {
  const model::Weight& weight = model.get(name);
  const model::LowRank* addition = model.adapter() ? model.adapter()->find(name) : nullptr;
  if (addition == nullptr) return weight.made_resident();
  return model::merged_weight(weight, model.adapter(), *addition, formats::kScalarCodec).made_resident();
}

// Loads what is there under a prefix; what is not stays empty.
class Loader {
 public:
  Loader(const model::Model& model, std::string prefix, Runtime& runtime) : model_(model), prefix_(std::move(prefix)), runtime_(runtime) {}

  bool has(std::string_view role) const { return model_.find(named(role)) != nullptr; }
  Linear linear(std::string_view role) const { return has(role) ? required_linear(role) : Linear{}; }
  Linear required_linear(std::string_view role) const { return load_linear(model_, named(role), named(role), runtime_); }
  NormLayer norm(std::string_view role) const { return norm(role, model_.arch().block.norm); }
  NormLayer norm(std::string_view role, model::Norm kind) const {
    NormLayer layer;
    if (!has(role)) return layer;
    const auto row = std::find_if(std::begin(kNorms), std::end(kNorms), [&](const NormRow& known) { return known.norm == kind; });
    layer.function = row->function;
    layer.weight = load_vector(model_, named(role));
    if (kind == model::Norm::rms_plus_one)
      for (float& weight : layer.weight) weight += 1;
    const std::string bias = std::string(role) + ".bias";
    if (has(bias)) layer.bias = load_vector(model_, named(bias));
    return layer;
  }
  std::optional<model::Weight> table(std::string_view role) const {
    if (!has(role)) return std::nullopt;
    return load_table(model_, named(role));
  }
  Loader below(const std::string& role) const { return {model_, named(role) + ".", runtime_}; }

 private:
  std::string named(std::string_view role) const { return prefix_ + std::string(role); }

  const model::Model& model_;
  std::string prefix_;
  Runtime& runtime_;
};

std::optional<Experts> load_experts(const Loader& block) {
  if (!block.has("ffn.router")) return std::nullopt;
  return Experts{.router = block.linear("ffn.router"),
                 .gate = block.required_linear("ffn.experts.gate"),
                 .up = block.required_linear("ffn.experts.up"),
                 .down = block.required_linear("ffn.experts.down")};
}

std::optional<Bottleneck> load_bottleneck(const Loader& block) {
  if (!block.has("bottleneck.in")) return std::nullopt;
  return Bottleneck{.in = block.linear("bottleneck.in"),
                    .attn = block.linear("bottleneck.attn"),
                    .out = block.required_linear("bottleneck.out"),
                    .in_norm = block.norm("bottleneck.in_norm"),
                    .attn_norm = block.norm("bottleneck.attn_norm"),
                    .out_norm = block.norm("bottleneck.out_norm")};
}

FeedForward load_feed_forward(const Loader& at) {
  return {.gate = at.linear("gate"), .up = at.required_linear("up"), .down = at.required_linear("down")};
}

Block load_block(const Loader& from) {
  Block block{.attn_norm = from.norm("attn_norm"),
              .attn_post_norm = from.norm("attn_post_norm"),
              .attn_out_norm = from.norm("attn_out_norm"),
              .ffn_norm = from.norm("ffn_norm"),
              .ffn_post_norm = from.norm("ffn_post_norm"),
              .ffn_out_norm = from.norm("ffn_out_norm"),
              .q_norm = from.norm("attn.q_norm"),
              .k_norm = from.norm("attn.k_norm"),
              .q = from.required_linear("attn.q"),
              .k = from.required_linear("attn.k"),
              .v = from.required_linear("attn.v"),
              .o = from.required_linear("attn.o"),
              .ffn = {},
              .experts = load_experts(from),
              .bottleneck = load_bottleneck(from),
              .stacked = {}};
  if (!block.experts) block.ffn = load_feed_forward(from.below("ffn"));
  for (std::size_t i = 0; from.has(fmt::format("stacked.{}.up", i)); ++i) {
    const Loader stacked = from.below(fmt::format("stacked.{}", i));
    block.stacked.push_back({load_feed_forward(stacked), stacked.norm("out_norm")});
  }
  return block;
}

void check_block(const model::Config& config, const Block& block, std::size_t index) {
  if (config.parallel && !block.attn_norm.present())
    fail(ErrorCode::malformed, "[engine] block {} computes attention and feed-forward network in parallel but has no attn_norm", index);
  const std::size_t query = config.heads * config.head, key = config.kv_heads * config.head;
  for (const auto& [layer, rows] : {std::pair(&block.q, query), std::pair(&block.k, key), std::pair(&block.v, key)})
    if (layer->out != rows)
      fail(ErrorCode::malformed, "[engine] '{}' has {} rows, but its heads take {}; config and tensors do not belong together", layer->name,
           layer->out, rows);
  if (block.o.in != query)
    fail(ErrorCode::malformed, "[engine] '{}' reads {} numbers, but the heads give {}; config and tensors do not belong together",
         block.o.name, block.o.in, query);
  for (const auto& [norm, width] : {std::pair(&block.q_norm, query), std::pair(&block.k_norm, key)})
    if (norm->present() && norm->weight.size() != config.head && norm->weight.size() != width)
      fail(ErrorCode::malformed, "[engine] block {} has a query or key norm of {} numbers; it must be {} or {}", index, norm->weight.size(),
           config.head, width);
}

// A tied head reads the embedding; one beside an untied embedding has a tensor of its own.
Linear load_head(const model::Model& model, Runtime& runtime) {
  if (model.find("head") != nullptr) return load_linear(model, "head", "head", runtime);
  const model::HeadSpec* output = model.config().output;
  const bool gives_hidden = output != nullptr && output->kind == model::HeadSpec::Kind::hidden;
  return gives_hidden ? Linear{} : load_linear(model, "head", "embed", runtime);
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

Network load_network(const model::Model& model, Runtime& runtime) {
  const model::Config& config = model.config();
  const Loader from(model, "", runtime);
  const bool affine = model.arch().block.norm == model::Norm::affine;
  Network network{.embed = load_table(model, "embed"),
                  .positions = from.table("embed.positions"),
                  .types = from.table("embed.types"),
                  .trigram = from.linear("embed.trigram"),
                  .project = from.linear("embed.project"),
                  .embed_norm = from.norm("embed.norm"),
                  .blocks = {},
                  .norm = from.norm("norm"),
                  .pooler = from.linear("pooler"),
                  .dense = from.linear("head.dense"),
                  .head_norm = from.norm("head.norm", affine ? model::Norm::layer : model.arch().block.norm),
                  .head = load_head(model, runtime),
                  .extra = from.linear("head.extra")};
  const std::size_t groups = config.groups == 0 ? config.blocks : config.groups;
  for (std::size_t i = 0; i < groups; ++i) {
    network.blocks.push_back(load_block(from.below(fmt::format("blocks.{}", i))));
    check_block(config, network.blocks.back(), i);
  }
  return network;
}

void refuse_non_finite(const model::Model& model) {
  for (const model::NamedWeight& named : model.weights())
    if (!all_finite(named.weight))
      fail(ErrorCode::malformed, "[engine] tensor '{}' holds a number that is not finite; the checkpoint is damaged", named.name);
}

}  // namespace tightrope::engine
