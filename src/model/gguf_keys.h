// A GGUF's keys below its architecture's name, for the parts of the configuration that read and write them.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "checkpoint/container.h"
#include "model/config.h"
#include "model/config_checks.h"

namespace tightrope::model {

template <class... Arguments>
[[noreturn]] void unsupported_in_gguf(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  fail(ErrorCode::unsupported, "[gguf] {}", fmt::format(text, std::forward<Arguments>(arguments)...));
}

struct GgufKeys {
  std::string_view family;  // general.architecture
  const checkpoint::Metadata& metadata;

  std::string full(std::string_view key) const { return fmt::format("{}.{}", family, key); }
  bool has(std::string_view key) const { return metadata.find(full(key)) != nullptr; }
  std::uint64_t required(std::string_view key) const {
    if (!has(key)) fail(ErrorCode::malformed, "[gguf] the key '{}' is missing; the file was not written for this architecture", full(key));
    return metadata.unsigned_or(full(key), 0);
  }
  std::uint64_t unsigned_or(std::string_view key, std::uint64_t fallback) const { return metadata.unsigned_or(full(key), fallback); }
  // Floats come back as the decimals they were written from.
  double number_or(std::string_view key, double fallback) const {
    const double value = metadata.number_or(full(key), fallback);
    const auto single = static_cast<float>(value);
    return static_cast<double>(single) == value && std::isfinite(value) ? as_written(single) : value;
  }
};

inline checkpoint::Value gguf_f32(double value) { return {static_cast<float>(value)}; }

inline constexpr std::string_view kRopeDivisors = "rope_freqs.weight", kShortFactors = "rope_factors_short.weight",
                                  kLongFactors = "rope_factors_long.weight";
inline constexpr std::string_view kRopeTables[] = {kRopeDivisors, kShortFactors, kLongFactors};

// Errors: unsupported, naming the key, when the number is larger than readers of the format take.
inline void set_gguf_u32(checkpoint::Metadata& metadata, const std::string& key, std::uint64_t value) {
  if (!std::in_range<std::uint32_t>(value))
    fail(ErrorCode::unsupported, "[save] a GGUF's '{}' holds at most {}, but this model has {}; keep it a Hugging Face folder", key,
         std::numeric_limits<std::uint32_t>::max(), value);
  metadata.set(key, {static_cast<std::uint32_t>(value)});
}

// RoPE's keys and tables, said in the words of a config.json. A table of divisors that no scaling has made is given back instead.
std::vector<float> read_gguf_rope(const Arch& arch, const checkpoint::Container& container, Json& json);
void write_gguf_rope(const Arch& arch, const Config& config, checkpoint::Metadata& metadata);

}  // namespace tightrope::model
