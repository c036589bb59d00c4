// Spells the architecture's rows out for one model's numbers.
#include "model/tensor_plan.h"

#include <algorithm>

#include "base/checked.h"

namespace tightrope::model {
namespace {

constexpr std::string_view kWeight = ".weight", kBias = ".bias";

bool is_per_block(const TensorSpec& spec) { return spec.canonical.find('*') != std::string_view::npos; }

bool has_bias(Bias bias, const Config& config) {
  switch (bias) {
    case Bias::never: return false;
    case Bias::always: return true;
    case Bias::attention_bias: return config.attention_bias;
    case Bias::mlp_bias: return config.mlp_bias;
    case Bias::norm_bias: return config.norm_bias;
  }
  return false;
}

std::string replaced(std::string_view pattern, char wildcard, std::uint64_t number) {
  const std::size_t place = pattern.find(wildcard);
  if (place == std::string_view::npos) return std::string(pattern);
  return fmt::format("{}{}{}", pattern.substr(0, place), number, pattern.substr(place + 1));
}

// Spells one block of one model.
class Speller {
 public:
  Speller(const Arch& arch, const Config& config, bool prefixed, std::vector<PlannedTensor>& plan)
      : config_(config), prefix_(prefixed ? arch.hf_prefix : std::string_view()), plan_(plan) {}

  void add(const TensorSpec& spec, std::uint64_t block, bool of_trunk) {
    if (spec.presence == Presence::untied && config_.tied) return;
    const bool stacked = spec.canonical.find('#') != std::string_view::npos;
    for (std::uint64_t index = 0; index < (stacked ? config_.stacked : 1); ++index) add_one(spec, block, index, of_trunk);
  }

 private:
  void add_one(const TensorSpec& spec, std::uint64_t block, std::uint64_t index, bool of_trunk) {
    const std::string canonical = replaced(numbered(spec.canonical, block), '#', index);
    const Shape shape = shape_of(spec.shape, config_);
    const auto place = [&](const Place& where, const Shape& extent, std::string_view suffix, std::string_view prefix) {
      return locate(where, names_of(where, block, index, spec, where.bare ? "" : suffix, prefix), extent, config_);
    };
    const std::string_view prefix = of_trunk ? prefix_ : std::string_view();
    plan_.push_back(
        {canonical, shape, spec.presence, place(spec.huggingface, shape, kWeight, prefix), place(spec.gguf, shape, kWeight, {})});
    if (!has_bias(spec.bias, config_)) return;
    const Shape bias{shape[0]};
    plan_.push_back({fmt::format("{}{}", canonical, kBias), bias, spec.presence, place(spec.huggingface, bias, kBias, prefix),
                     place(spec.gguf, bias, kBias, {})});
  }

  // One name, or one an expert where the pattern counts what the canonical name does not.
  std::vector<std::string> names_of(const Place& where, std::uint64_t block, std::uint64_t index, const TensorSpec& spec,
                                    std::string_view suffix, std::string_view prefix) const {
    if (where.name.empty()) return {};
    const std::string pattern = fmt::format("{}{}{}", prefix, numbered(where.name, block), suffix);
    const bool experts = pattern.find('#') != std::string::npos && spec.canonical.find('#') == std::string_view::npos;
    if (!experts) return {replaced(pattern, '#', index)};
    std::vector<std::string> names;
    for (std::uint64_t expert = 0; expert < config_.experts; ++expert) names.push_back(replaced(pattern, '#', expert));
    return names;
  }

  const Config& config_;
  std::string_view prefix_;
  std::vector<PlannedTensor>& plan_;
};

}  // namespace

std::string numbered(std::string_view pattern, std::uint64_t block) { return replaced(pattern, '*', block); }

Shape shape_of(std::string_view words, const Config& config) {
  std::vector<std::uint64_t> extents;
  std::uint64_t extent = 1;
  std::string word;
  for (const char c : words) {
    if (c == '[' || c == ' ') continue;
    if (c != '*' && c != ',' && c != ']') {
      word += c;
      continue;
    }
    extent = checked_multiply(extent, config.extent(word), "a tensor's extent");
    word.clear();
    if (c != '*') extents.push_back(std::exchange(extent, 1));
  }
  return Shape(extents);
}

bool has_tensor(const Arch& arch, std::string_view canonical) {
  return std::any_of(arch.tensors.begin(), arch.tensors.end(), [&](const TensorSpec& spec) { return spec.canonical == canonical; });
}

std::vector<PlannedTensor> plan_tensors(const Arch& arch, const Config& config, bool prefixed) {
  std::vector<PlannedTensor> plan;
  Speller speller(arch, config, prefixed, plan);
  for (std::size_t i = 0; i < arch.tensors.size();) {
    if (!is_per_block(arch.tensors[i])) {
      speller.add(arch.tensors[i++], 0, true);
      continue;
    }
    const std::size_t first = i;
    while (i < arch.tensors.size() && is_per_block(arch.tensors[i])) ++i;
    for (std::uint64_t block = 0; block < config.groups; ++block)
      for (std::size_t spec = first; spec < i; ++spec) speller.add(arch.tensors[spec], block, true);
  }
  const HeadSpec& head = config.output != nullptr ? *config.output : arch.heads.front();
  for (const TensorSpec& spec : head.tensors) speller.add(spec, 0, false);
  return plan;
}

}  // namespace tightrope::model
