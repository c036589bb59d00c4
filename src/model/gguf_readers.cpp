// Where llama.cpp, and what is built on it, computes something else from a GGUF than the model it was made from.
#include "model/gguf_readers.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "model/hf_keys.h"

namespace tightrope::model {
namespace {

using Scaling = RopeConfig::Scaling;

bool has_unread_window(const Arch& arch, const Config& config) {
  return !arch.gguf.others_window &&
         std::any_of(config.variants.begin(), config.variants.end(), [](const BlockVariant& variant) { return variant.window != 0; });
}

bool has_loose_experts(const Arch&, const Config& config) { return config.experts != 0 && !config.normalise_experts; }

bool is_dynamic(const Arch&, const Config& config) { return config.rope.scaling == Scaling::dynamic; }

bool has_rope_tables(const Config& config) { return config.rope.scaling == Scaling::llama3 || config.rope.scaling == Scaling::longrope; }
bool has_unread_tables(const Arch& arch, const Config& config) { return !arch.gguf.others_rope_tables && has_rope_tables(config); }
bool is_longrope(const Arch& arch, const Config& config) {
  return arch.gguf.others_rope_tables && config.rope.scaling == Scaling::longrope;
}

// They scale scores by the head's size, in the family's largest model by the model's share of a head.
bool is_scaled_otherwise(const Arch& arch, const Config& config) {
  if (config.attention_scale == 0) return false;
  const std::uint64_t size = config.blocks == arch.gguf.wide_blocks ? config.model / config.heads : config.head;
  const double usual = 1 / std::sqrt(static_cast<double>(size));
  return std::fabs(config.attention_scale - usual) > 1e-6 * usual;
}

bool has_unusual_activation(const Arch& arch, const Config& config) {
  const Json nothing = Json::object();
  const std::string usual = HfKeys(arch, nothing).string_or("hidden_act", "silu");
  const auto known = std::ranges::find(kActivationNames, usual, &ActivationName::name);
  return known != std::end(kActivationNames) && known->activation != config.activation;
}

bool reads_pairs(const Arch&, const Config& config) {
  return config.types > 1 && config.output != nullptr && config.output->kind == HeadSpec::Kind::sequence;
}

struct Difference {
  bool (*holds)(const Arch& arch, const Config& config);
  std::string_view what;
};
constexpr Difference kDifferences[] = {
    {has_unread_window, "the sliding window: there every token sees all tokens before it"},
    {has_loose_experts, "the experts' weights, which need not sum to one: there they do"},
    {is_dynamic, "RoPE's dynamic scaling: there it has none"},
    {is_longrope, "RoPE's longrope in short texts: there the long factors hold once the context is longer, whatever the text"},
    {has_unread_tables, "RoPE's scaling: they know none for this architecture and refuse the file"},
    {is_scaled_otherwise, "the scale of attention (query_pre_attn_scalar): there it follows from the head's size"},
    {has_unusual_activation, "the activation, which this architecture usually has not: there it is the usual one"},
    {reads_pairs, "the second text of a pair (token type 1): there it is of type 0"},
};

}  // namespace

std::vector<std::string> gguf_differences(const Model& model) {
  std::vector<std::string> found;
  for (const Difference& difference : kDifferences)
    if (difference.holds(model.arch(), model.config())) found.emplace_back(difference.what);
  return found;
}

}  // namespace tightrope::model
