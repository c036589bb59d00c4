// Random models from a tensor plan.
#include "support/random_model.h"

#include <cmath>
#include <cstring>

#include "base/random.h"
#include "model/config_checks.h"
#include "model/tensor_plan.h"

namespace tightrope::testing {
namespace {

model::Weight weight_for(const model::PlannedTensor& tensor, const formats::Format& format, Random& random) {
  const bool norm = tensor.canonical.ends_with("norm"), vector = tensor.shape.rank() == 1;
  const double deviation = vector ? 0.1 : tensor.canonical == "embed" ? 1 : 1 / std::sqrt(static_cast<double>(tensor.shape.row_length()));
  return random_weight(tensor.shape, norm ? 1 : 0, deviation, format, random);
}

}  // namespace

model::Weight random_weight(const Shape& shape, double centre, double deviation, const formats::Format& format, Random& random) {
  std::vector<float> values(shape.elements());
  for (float& value : values) value = static_cast<float>(centre + deviation * random.normal());
  std::vector<std::byte> bytes(formats::bytes_of(format, values.size()));
  format.encode(values.data(), nullptr, bytes.data(), values.size());
  return {format, shape, Bytes(std::move(bytes))};
}

model::Config small_config() {
  model::Config config;
  config.vocab = 97;
  config.model = 32;
  config.blocks = 2;
  config.heads = 4;
  config.kv_heads = 2;
  config.head = 16;
  config.ffn = 96;
  config.context = 256;
  config.rope_dimensions = config.head;
  model::complete_config(config);
  return config;
}

model::Config odd_config() {
  model::Config config = small_config();
  config.vocab = 53;
  config.model = 36;
  config.heads = 3;
  config.kv_heads = 1;
  config.head = 10;
  config.ffn = 51;
  config.rope.theta = 500000;
  config.rope_dimensions = config.head;
  config.embedding = config.bottleneck = config.model;
  return config;
}

model::Model random_model(const model::Arch& arch, const model::Config& config, std::uint64_t seed, std::string_view format) {
  Random random(seed);
  std::vector<model::NamedWeight> weights;
  for (const model::PlannedTensor& tensor : model::plan_tensors(arch, config)) {
    const formats::Format& stored = formats::get(tensor.shape.rank() == 1 ? "f32" : format);
    weights.push_back({tensor.canonical, weight_for(tensor, stored, random)});
  }
  return {arch, config, std::move(weights), nullptr};
}

}  // namespace tightrope::testing
