// The rules a model's numbers obey.
#include "model/config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>

#include "base/error.h"
#include "model/config_checks.h"

namespace tightrope::model {
namespace {

// Far beyond any model, and small enough that products of two extents stay exact and a hostile count costs little memory.
constexpr std::uint64_t kMaxExtent = std::uint64_t{1} << 28, kMaxBlocks = 4096, kMaxHeads = 1 << 16, kMaxHead = 1 << 16,
                        kMaxExperts = 1 << 12, kMaxExpertsOfAll = 1 << 18, kMaxNetworks = 1 << 14;

// The words of TensorSpec::shape.
struct Extent {
  std::string_view word;
  std::uint64_t Config::*value;
};
constexpr Extent kExtents[] = {{"vocab", &Config::vocab},
                               {"model", &Config::model},
                               {"blocks", &Config::blocks},
                               {"heads", &Config::heads},
                               {"kv_heads", &Config::kv_heads},
                               {"head", &Config::head},
                               {"ffn", &Config::ffn},
                               {"embedding", &Config::embedding},
                               {"positions", &Config::positions},
                               {"types", &Config::types},
                               {"bottleneck", &Config::bottleneck},
                               {"experts", &Config::experts},
                               {"expert_ffn", &Config::expert_ffn}};

[[noreturn]] void refuse(std::string_view source, std::string_view rule) {
  fail(ErrorCode::malformed, "[config] {}: {}; correct it or fetch the model again", source, rule);
}

void check_rope(const RopeConfig& rope, std::uint64_t half, std::string_view source) {
  const auto positive = [&](double value, std::string_view name) {
    if (!std::isfinite(value) || value <= 0) refuse(source, fmt::format("RoPE's {} is {}, not a positive number", name, value));
  };
  if (!std::isfinite(rope.theta) || rope.theta <= 1) refuse(source, fmt::format("RoPE's theta is {}, not a number above 1", rope.theta));
  positive(rope.factor, "factor");
  positive(rope.beta_fast, "beta_fast");
  positive(rope.beta_slow, "beta_slow");
  positive(rope.low_frequency_factor, "low_freq_factor");
  if (!std::isfinite(rope.attention_factor) || rope.attention_factor < 0)
    refuse(source, fmt::format("RoPE's attention_factor is {}", rope.attention_factor));
  const bool wants_original = rope.scaling != RopeConfig::Scaling::none && rope.scaling != RopeConfig::Scaling::linear;
  if (wants_original && rope.original_context == 0) refuse(source, "RoPE scaling without the original context length");
  if (rope.scaling == RopeConfig::Scaling::llama3 && !(rope.high_frequency_factor > rope.low_frequency_factor))
    refuse(source, fmt::format("RoPE's high_freq_factor {} is not above its low_freq_factor {}", rope.high_frequency_factor,
                               rope.low_frequency_factor));
  const bool wants_factors = rope.scaling == RopeConfig::Scaling::longrope;
  for (const std::vector<float>* factors : {&rope.divisors, &rope.short_factors, &rope.long_factors}) {
    const bool may_be_empty = factors == &rope.divisors || !wants_factors;
    if (!(may_be_empty && factors->empty()) && factors->size() != half)
      refuse(source, fmt::format("{} RoPE divisors for {} frequencies", factors->size(), half));
    for (const float divisor : *factors) positive(static_cast<double>(divisor), "divisor");
  }
}

}  // namespace

std::uint64_t Config::extent(std::string_view word) const {
  if (const std::size_t minus = word.find('-'); minus != std::string_view::npos) {
    const std::uint64_t whole = extent(word.substr(0, minus)), part = extent(word.substr(minus + 1));
    if (part > whole)
      refuse("the model", fmt::format("{} is {}, more than {}, which is {}", word.substr(minus + 1), part, word.substr(0, minus), whole));
    return whole - part;
  }
  std::uint64_t number = 0;
  if (const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
      error == std::errc() && end == word.data() + word.size())
    return number;
  const auto known = std::find_if(std::begin(kExtents), std::end(kExtents), [&](const Extent& extent) { return extent.word == word; });
  if (known != std::end(kExtents)) return this->*known->value;
  if (word == "labels") return labels.size();
  fail(ErrorCode::internal, "[config] a tensor's shape speaks of '{}', which is no extent; this is a bug", word);
}

void check_extent(std::uint64_t value, std::uint64_t limit, std::string_view name) {
  if (value == 0 || value > limit)
    fail(ErrorCode::malformed, "[config] {} is {}, not between 1 and {}; correct it or fetch the model again", name, value, limit);
}

namespace {

void check_attention(const Config& config, std::string_view source) {
  if (config.rope_dimensions % 2 != 0 || config.rope_dimensions > config.head)
    refuse(source, fmt::format("RoPE turns {} of {} dimensions of a head, which is odd or too many", config.rope_dimensions, config.head));
  if (config.heads % config.kv_heads != 0)
    refuse(source, fmt::format("{} attention heads are no multiple of {} key-value heads", config.heads, config.kv_heads));
  for (const double number : {config.attention_scale, config.attention_cap, config.logit_cap})
    if (!std::isfinite(number) || number < 0) refuse(source, fmt::format("a scale or cap of attention or logits is {}", number));
}

void check_experts(const Config& config, std::string_view source) {
  if (config.experts == 0) return;
  check_extent(config.experts, kMaxExperts, fmt::format("{}: the number of experts", source));
  check_extent(config.experts * config.blocks, kMaxExpertsOfAll, fmt::format("{}: the number of experts in all blocks", source));
  check_extent(config.expert_ffn, kMaxExtent, fmt::format("{}: the feed-forward size of an expert", source));
  if (config.experts_used == 0 || config.experts_used > config.experts)
    refuse(source, fmt::format("a token uses {} of {} experts", config.experts_used, config.experts));
}

}  // namespace

void complete_config(Config& config) {
  const auto take = [](std::uint64_t& value, std::uint64_t otherwise) {
    if (value == 0) value = otherwise;
  };
  take(config.kv_heads, config.heads);
  take(config.embedding, config.model);
  take(config.bottleneck, config.model);
  take(config.groups, config.blocks);
  if (config.experts != 0) take(config.expert_ffn, config.ffn);
  if (config.variants.empty() && config.blocks <= kMaxBlocks) config.variants.resize(config.blocks);
}

void check_config(const Config& config, std::string_view source) {
  const auto named = [&](std::string_view name) { return fmt::format("{}: {}", source, name); };
  check_extent(config.vocab, kMaxExtent, named("the vocabulary size"));
  check_extent(config.model, kMaxExtent, named("the hidden size"));
  check_extent(config.embedding, kMaxExtent, named("the embedding size"));
  check_extent(config.bottleneck, kMaxExtent, named("the bottleneck size"));
  check_extent(config.blocks, kMaxBlocks, named("the number of blocks"));
  check_extent(config.groups, config.blocks, named("the number of groups of blocks"));
  check_extent(config.stacked + 1, kMaxBlocks, named("the number of feed-forward networks"));
  check_extent((config.stacked + 1) * config.blocks, kMaxNetworks, named("the number of feed-forward networks in all blocks"));
  check_extent(config.heads, kMaxHeads, named("the number of attention heads"));
  check_extent(config.kv_heads, kMaxHeads, named("the number of key-value heads"));
  check_extent(config.head, kMaxHead, named("the head size"));
  check_extent(config.ffn, kMaxExtent, named("the feed-forward size"));
  check_extent(config.context, kMaxExtent, named("the context length"));
  check_extent(config.types + 1, kMaxExtent, named("the number of token types"));
  check_extent(config.positions + 1, kMaxExtent, named("the number of positions"));
  check_attention(config, source);
  check_experts(config, source);
  if (!std::isfinite(config.norm_epsilon) || config.norm_epsilon < 0 || config.norm_epsilon > 1)
    refuse(source, fmt::format("the norm's epsilon is {}, not between 0 and 1", config.norm_epsilon));
  if (config.variants.size() != config.blocks)
    refuse(source, fmt::format("{} blocks are described, the model has {}", config.variants.size(), config.blocks));
  check_rope(config.rope, config.rope_dimensions / 2, source);
  if (config.local_rope) check_rope(*config.local_rope, config.rope_dimensions / 2, source);
}

double as_written(float value) {
  std::array<char, 32> digits{};
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  double written = static_cast<double>(value);
  std::from_chars(digits.data(), end, written);
  return written;
}

}  // namespace tightrope::model
