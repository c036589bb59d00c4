// Spells the architecture's rows out for one model's numbers.
#include "model/tensor_plan.h"

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
  }
  return false;
}

void add(std::vector<PlannedTensor>& plan, const TensorSpec& spec, std::uint64_t block, const Config& config) {
  if (spec.absent_when_tied && config.tied) return;
  const std::string canonical = numbered(spec.canonical, block), huggingface = numbered(spec.huggingface, block);
  const std::string gguf = numbered(spec.gguf, block);
  const Shape shape = shape_of(spec.shape, config);
  plan.push_back({canonical, fmt::format("{}{}", huggingface, kWeight), fmt::format("{}{}", gguf, kWeight), shape, spec.gguf_rows});
  if (has_bias(spec.bias, config))
    plan.push_back({fmt::format("{}{}", canonical, kBias), fmt::format("{}{}", huggingface, kBias), fmt::format("{}{}", gguf, kBias),
                    Shape{shape[0]}, spec.gguf_rows});
}

}  // namespace

std::string numbered(std::string_view pattern, std::uint64_t block) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return std::string(pattern);
  return fmt::format("{}{}{}", pattern.substr(0, star), block, pattern.substr(star + 1));
}

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

std::vector<PlannedTensor> plan_tensors(const Arch& arch, const Config& config) {
  std::vector<PlannedTensor> plan;
  for (std::size_t i = 0; i < arch.tensors.size();) {
    if (!is_per_block(arch.tensors[i])) {
      add(plan, arch.tensors[i++], 0, config);
      continue;
    }
    const std::size_t first = i;
    while (i < arch.tensors.size() && is_per_block(arch.tensors[i])) ++i;
    for (std::uint64_t block = 0; block < config.blocks; ++block)
      for (std::size_t spec = first; spec < i; ++spec) add(plan, arch.tensors[spec], block, config);
  }
  return plan;
}

}  // namespace tightrope::model
