// RoPE in a GGUF: a base and a scaling among the keys, and tables of divisors among the tensors.
#include <algorithm>
#include <cmath>

#include "model/gguf_keys.h"
#include "model/hf_keys.h"
#include "model/rope.h"

namespace tightrope::model {
namespace {

using checkpoint::Container;
using checkpoint::Metadata;
using Scaling = RopeConfig::Scaling;

std::vector<float> read_table(const Container& container, std::string_view name) {
  const checkpoint::Entry* entry = container.find(name);
  if (entry == nullptr) return {};
  if (entry->format->name != "f32" || entry->shape.rank() != 1 || entry->shape[0] == 0 || entry->shape[0] > 1 << 16)
    fail(ErrorCode::malformed, "[gguf] '{}' is {} {}, not a short vector of f32", name, entry->format->name, entry->shape.text());
  std::vector<float> values(entry->shape[0]);
  entry->format->decode(entry->bytes.data(), values.data(), values.size());
  return values;
}

bool nearly_equal(const std::vector<float>& a, const std::vector<float>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](float x, float y) { return std::fabs(x - y) <= 1e-5f * std::fabs(y); });
}

// The file has the divisors alone. Those of the released Llama 3 models all come from the same three numbers.
bool recognise_llama3(const std::vector<float>& divisors, double theta, Json& scaling) {
  const RopeConfig guess{.theta = theta,
                         .scaling = Scaling::llama3,
                         .factor = static_cast<double>(*std::max_element(divisors.begin(), divisors.end())),
                         .original_context = 8192};
  if (!(guess.factor > 1) || !nearly_equal(llama3_divisors(guess, divisors.size() * 2), divisors)) return false;
  scaling["rope_type"] = Json("llama3");
  scaling["factor"] = Json(as_written(static_cast<float>(guess.factor)));
  scaling["low_freq_factor"] = Json(guess.low_frequency_factor);
  scaling["high_freq_factor"] = Json(guess.high_frequency_factor);
  scaling["original_max_position_embeddings"] = Json(guess.original_context);
  return true;
}

bool is_close(double a, double b) { return std::fabs(a - b) <= 1e-6 * std::fabs(b); }

void read_yarn(const GgufKeys& keys, double factor, std::uint64_t context, Json& scaling) {
  if (keys.number_or("rope.scaling.yarn_log_multiplier", 0) != 0)
    unsupported_in_gguf("YaRN with a logarithmic multiplier is not supported");
  scaling["rope_type"] = Json("yarn");
  scaling["factor"] = Json(factor);
  scaling["original_max_position_embeddings"] = Json(keys.unsigned_or("rope.scaling.original_context_length", context));
  scaling["beta_fast"] = Json(keys.number_or("rope.scaling.yarn_beta_fast", 32));
  scaling["beta_slow"] = Json(keys.number_or("rope.scaling.yarn_beta_slow", 1));
  if (keys.has("rope.scaling.attn_factor"))  // a multiple of YaRN's own magnitude
    scaling["attention_factor"] = Json(keys.number_or("rope.scaling.attn_factor", 1) * default_yarn_magnitude(factor));
}

void read_longrope(const GgufKeys& keys, const Container& container, std::uint64_t context, Json& scaling) {
  const std::uint64_t original = keys.unsigned_or("rope.scaling.original_context_length", context);
  scaling["rope_type"] = Json("longrope");
  scaling["original_max_position_embeddings"] = Json(original);
  for (const auto& [key, name] : {std::pair("short_factor", kShortFactors), std::pair("long_factor", kLongFactors)})
    for (const float value : read_table(container, name)) scaling[key].push_back(Json(as_written(value)));
  const double growth = original == 0 ? 1 : static_cast<double>(context) / static_cast<double>(original);
  const double usual = default_longrope_magnitude(growth, std::max<std::uint64_t>(original, 2));
  const double magnitude = keys.number_or("rope.scaling.attn_factor", 1);  // the file says the whole magnitude
  if (!is_close(magnitude, usual)) scaling["attention_factor"] = Json(magnitude);
}

Json read_scaling(const GgufKeys& keys, const Container& container, std::uint64_t context) {
  Json scaling = Json::object();
  const std::string type = keys.metadata.string_or(keys.full("rope.scaling.type"), "linear");
  double factor = keys.number_or("rope.scaling.factor", keys.number_or("rope.scale_linear", 0));
  if (factor == 0 || type == "none") factor = 1;
  if (container.find(kLongFactors) != nullptr || type == "longrope") {
    read_longrope(keys, container, context, scaling);
  } else if (type == "yarn") {
    read_yarn(keys, factor, context, scaling);
  } else if (type != "none" && type != "linear") {
    unsupported_in_gguf("the RoPE scaling '{}' is not supported; known are none, linear, yarn and longrope", type.substr(0, 64));
  } else if (factor != 1) {
    scaling["rope_type"] = Json("linear");
    scaling["factor"] = Json(factor);
  }
  return scaling;
}

}  // namespace

std::vector<float> read_gguf_rope(const Arch& arch, const Container& container, Json& json) {
  const GgufKeys keys{arch.gguf_arch, container.metadata};
  if (arch.block.attention.rope == Rope::none) return {};
  const double theta = keys.number_or("rope.freq_base", 10000);
  json[own_key(arch, "rope_theta")] = Json(theta);
  json[own_key(arch, "local_rope_theta")] = Json(keys.number_or("rope.freq_base_swa", 10000));
  Json scaling = read_scaling(keys, container, keys.unsigned_or("context_length", 0));
  std::vector<float> divisors = read_table(container, kRopeDivisors);
  if (const std::uint64_t turned = keys.unsigned_or("rope.dimension_count", divisors.size() * 2);
      !divisors.empty() && divisors.size() != turned / 2)
    fail(ErrorCode::malformed, "[gguf] '{}' has {} values for {} dimensions", kRopeDivisors, divisors.size(), turned);
  if (!divisors.empty() && std::isfinite(theta) && theta > 1 && recognise_llama3(divisors, theta, scaling)) divisors.clear();
  if (const Json* original = scaling.find("original_max_position_embeddings")) json["original_max_position_embeddings"] = *original;
  if (!scaling.as_object("RoPE").empty()) json["rope_scaling"] = std::move(scaling);
  return divisors;
}

namespace {

// GGUF's names of scalings; those without one lie in tables or are left to our own key.
constexpr std::pair<Scaling, std::string_view> kTypes[] = {
    {Scaling::linear, "linear"}, {Scaling::dynamic, "none"}, {Scaling::yarn, "yarn"}, {Scaling::longrope, "longrope"}};

void write_magnitude(const Config& config, const std::string& key, Metadata& metadata) {
  const RopeConfig& rope = config.rope;
  const RopeFrequencies frequencies = rope_frequencies(rope, config.rope_dimensions, config.context, config.context);
  const double magnitude = rope.attention_factor != 0 ? rope.attention_factor : static_cast<double>(frequencies.magnitude);
  if (rope.scaling == Scaling::longrope) metadata.set(key, gguf_f32(magnitude));
  // Readers multiply YaRN's own magnitude by this.
  if (rope.scaling == Scaling::yarn && rope.attention_factor != 0)
    metadata.set(key, gguf_f32(rope.attention_factor / default_yarn_magnitude(rope.factor)));
}

void write_scaling(const GgufKeys& keys, const Config& config, Metadata& metadata) {
  const RopeConfig& rope = config.rope;
  const auto known = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& each) { return each.first == rope.scaling; });
  if (known == std::end(kTypes)) return;
  metadata.set(keys.full("rope.scaling.type"), {std::string(known->second)});
  if (rope.scaling == Scaling::linear || rope.scaling == Scaling::yarn)
    metadata.set(keys.full("rope.scaling.factor"), gguf_f32(rope.factor));
  if (rope.scaling != Scaling::yarn && rope.scaling != Scaling::longrope) return;
  set_gguf_u32(metadata, keys.full("rope.scaling.original_context_length"), rope.original_context);
  if (rope.beta_fast != 32) metadata.set(keys.full("rope.scaling.yarn_beta_fast"), gguf_f32(rope.beta_fast));
  if (rope.beta_slow != 1) metadata.set(keys.full("rope.scaling.yarn_beta_slow"), gguf_f32(rope.beta_slow));
  write_magnitude(config, keys.full("rope.scaling.attn_factor"), metadata);
}

}  // namespace

void write_gguf_rope(const Arch& arch, const Config& config, Metadata& metadata) {
  if (arch.block.attention.rope == Rope::none) return;
  const GgufKeys keys{arch.gguf_arch, metadata};
  set_gguf_u32(metadata, keys.full("rope.dimension_count"), config.rope_dimensions);
  metadata.set(keys.full("rope.freq_base"), gguf_f32(config.rope.theta));
  if (config.local_rope) metadata.set(keys.full("rope.freq_base_swa"), gguf_f32(config.local_rope->theta));
  write_scaling(keys, config, metadata);
}

}  // namespace tightrope::model
