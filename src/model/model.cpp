// Model: looking tensors up, counting, and making changed copies.
#include "model/model.h"

#include <charconv>

#include "base/checked.h"

namespace tightrope::model {
namespace {

constexpr std::string_view kBlocks = "blocks.";

}  // namespace

Model::Model(const Arch& arch, Config config, std::vector<NamedWeight> weights, std::shared_ptr<const text::Tokenizer> tokenizer)
    : arch_(&arch),
      config_(std::make_shared<const Config>(std::move(config))),
      weights_(std::make_shared<const std::vector<NamedWeight>>(std::move(weights))),
      tokenizer_(std::move(tokenizer)) {
  std::map<std::string, std::size_t, std::less<>> places;
  for (std::size_t i = 0; i < weights_->size(); ++i) places.emplace((*weights_)[i].name, i);
  places_ = std::make_shared<const std::map<std::string, std::size_t, std::less<>>>(std::move(places));
}

const Weight* Model::find(std::string_view name) const {
  const auto found = places_->find(name);
  return found == places_->end() ? nullptr : &(*weights_)[found->second].weight;
}

const Weight& Model::get(std::string_view name) const {
  if (const Weight* weight = find(name)) return *weight;
  fail(ErrorCode::not_found, "[model] there is no tensor '{}' in this {} of {} blocks", name, arch_->name, config_->blocks);
}

const text::Tokenizer& Model::require_tokenizer() const {
  if (tokenizer_) return *tokenizer_;
  fail(ErrorCode::unsupported,
       "[model] this model came without a tokenizer that can be used; put tokenizer.json beside its config.json, or work on token ids");
}

std::uint64_t Model::parameters() const {
  std::uint64_t sum = 0;
  for (const NamedWeight& tensor : *weights_) sum = checked_add(sum, tensor.weight.shape().elements(), "the number of parameters");
  return sum;
}

std::uint64_t Model::weight_bytes() const {
  std::uint64_t sum = 0;
  for (const NamedWeight& tensor : *weights_) sum = checked_add(sum, tensor.weight.size_bytes(), "the size of the weights");
  return sum;
}

double Model::bits_per_weight() const { return 8.0 * static_cast<double>(weight_bytes()) / static_cast<double>(parameters()); }

Model Model::with(std::string_view name, Weight weight) const {
  if (get(name).shape() != weight.shape())
    fail(ErrorCode::internal, "[model] '{}' is {} and cannot become {}; this is a bug", name, get(name).shape().text(),
         weight.shape().text());
  return map([&](const NamedWeight& tensor) { return tensor.name == name ? weight : tensor.weight; });
}

Model Model::map(const std::function<Weight(const NamedWeight&)>& change) const {
  std::vector<NamedWeight> changed;
  changed.reserve(weights_->size());
  for (const NamedWeight& tensor : *weights_) changed.push_back({tensor.name, change(tensor)});
  Model result = *this;
  result.weights_ = std::make_shared<const std::vector<NamedWeight>>(std::move(changed));
  return result;
}

Model Model::with_config(Config config) const {
  Model result = *this;
  result.config_ = std::make_shared<const Config>(std::move(config));
  return result;
}

Model Model::with_adapter(std::shared_ptr<const Adapter> adapter) const {
  Model result = *this;
  result.adapter_ = std::move(adapter);
  return result;
}

std::optional<std::uint64_t> block_of(std::string_view canonical) {
  if (!canonical.starts_with(kBlocks)) return std::nullopt;
  const std::string_view rest = canonical.substr(kBlocks.size());
  std::uint64_t block = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), block);
  if (error != std::errc() || end == rest.data() + rest.size() || *end != '.') return std::nullopt;
  return block;
}

std::string_view role_of(std::string_view canonical) {
  if (!block_of(canonical)) return canonical;
  return canonical.substr(canonical.find('.', kBlocks.size()) + 1);
}

}  // namespace tightrope::model
