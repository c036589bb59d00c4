// The rules a model's numbers obey.
#include "model/config.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "model/config_checks.h"

namespace tightrope::model {
namespace {

// Far beyond any model, and small enough that products of two extents stay exact and a hostile count costs little memory.
constexpr std::uint64_t kMaxExtent = std::uint64_t{1} << 28, kMaxBlocks = 4096, kMaxHeads = 1 << 16, kMaxHead = 1 << 16;

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
  const bool wants_original = rope.scaling == RopeConfig::Scaling::yarn || rope.scaling == RopeConfig::Scaling::llama3;
  if (wants_original && rope.original_context == 0) refuse(source, "RoPE scaling without the original context length");
  if (rope.scaling == RopeConfig::Scaling::llama3 && !(rope.high_frequency_factor > rope.low_frequency_factor))
    refuse(source, fmt::format("RoPE's high_freq_factor {} is not above its low_freq_factor {}", rope.high_frequency_factor,
                               rope.low_frequency_factor));
  if (!rope.divisors.empty() && rope.divisors.size() != half)
    refuse(source, fmt::format("{} RoPE divisors for {} frequencies", rope.divisors.size(), half));
  for (const float divisor : rope.divisors) positive(static_cast<double>(divisor), "divisor");
}

}  // namespace

std::uint64_t Config::extent(std::string_view word) const {
  const std::array<std::pair<std::string_view, std::uint64_t>, 7> words = {
      {{"vocab", vocab}, {"model", model}, {"blocks", blocks}, {"heads", heads}, {"kv_heads", kv_heads}, {"head", head}, {"ffn", ffn}}};
  for (const auto& [known, value] : words)
    if (known == word) return value;
  fail(ErrorCode::internal, "[config] a tensor's shape speaks of '{}', which is no extent; this is a bug", word);
}

void check_extent(std::uint64_t value, std::uint64_t limit, std::string_view name) {
  if (value == 0 || value > limit)
    fail(ErrorCode::malformed, "[config] {} is {}, not between 1 and {}; correct it or fetch the model again", name, value, limit);
}

void check_config(const Config& config, std::string_view source) {
  const auto named = [&](std::string_view name) { return fmt::format("{}: {}", source, name); };
  check_extent(config.vocab, kMaxExtent, named("the vocabulary size"));
  check_extent(config.model, kMaxExtent, named("the hidden size"));
  check_extent(config.blocks, kMaxBlocks, named("the number of blocks"));
  check_extent(config.heads, kMaxHeads, named("the number of attention heads"));
  check_extent(config.kv_heads, kMaxHeads, named("the number of key-value heads"));
  check_extent(config.head, kMaxHead, named("the head size"));
  check_extent(config.ffn, kMaxExtent, named("the feed-forward size"));
  check_extent(config.context, kMaxExtent, named("the context length"));
  if (config.head % 2 != 0) refuse(source, fmt::format("the head size {} is odd, but RoPE turns pairs", config.head));
  if (config.heads % config.kv_heads != 0)
    refuse(source, fmt::format("{} attention heads are no multiple of {} key-value heads", config.heads, config.kv_heads));
  if (!std::isfinite(config.norm_epsilon) || config.norm_epsilon < 0 || config.norm_epsilon > 1)
    refuse(source, fmt::format("the norm's epsilon is {}, not between 0 and 1", config.norm_epsilon));
  check_rope(config.rope, config.head / 2, source);
}

double as_written(float value) {
  std::array<char, 32> digits{};
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  double written = static_cast<double>(value);
  std::from_chars(digits.data(), end, written);
  return written;
}

}  // namespace tightrope::model
