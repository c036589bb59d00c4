// Every tensor once, of the right shape, and none that nobody knows.
#include "model/collect.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "model/assemble.h"

namespace tightrope::model {
namespace {

using checkpoint::Entry;

constexpr std::size_t kNamesShown = 5;

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kNamesShown); ++i)
    text += fmt::format("{}'{}'", i == 0 ? "" : ", ", names[i].substr(0, 128));
  if (names.size() > kNamesShown) text += fmt::format(" and {} more", names.size() - kNamesShown);
  return text;
}

Weight weight_of(const Entry& entry, const Shape& wanted, std::string_view source) {
  if (entry.shape != wanted)
    fail(ErrorCode::malformed, "{} tensor '{}' is {}, but the model's configuration implies {}; they do not belong together", source,
         entry.name, entry.shape.text(), wanted.text());
  if (!entry.format->decode)
    fail(ErrorCode::unsupported, "{} tensor '{}' is of type {}, which holds no weights; start from the original model", source, entry.name,
         entry.format->name);
  return Weight(*entry.format, entry.shape, entry.bytes);
}

// The stored tensors of one of ours; empty when the file lacks one of them, which is then among `missing`.
std::vector<Weight> stored_tensors(const std::unordered_map<std::string_view, const Entry*>& entries, const Location& place,
                                   std::string_view source, std::vector<std::string>& missing) {
  std::vector<Weight> stored;
  bool whole = true;
  for (const std::string& name : place.names) {
    const auto found = entries.find(name);
    if (found == entries.end()) {
      missing.push_back(name);
      whole = false;
    } else {
      stored.push_back(weight_of(*found->second, place.stored_shape, source));
    }
  }
  return whole ? stored : std::vector<Weight>();
}

}  // namespace

std::vector<NamedWeight> collect(const checkpoint::Container& container, const std::vector<PlannedTensor>& plan, const Collect& how) {
  std::unordered_map<std::string_view, const Entry*> entries;
  for (const Entry& entry : container.entries) entries.emplace(entry.name, &entry);
  std::vector<NamedWeight> weights;
  std::vector<std::string> missing, unexpected;
  std::unordered_set<std::string_view> used;
  for (const PlannedTensor& wanted : plan) {
    const Location& place = wanted.*how.place;
    std::vector<std::string> absent;
    const std::vector<Weight> stored = stored_tensors(entries, place, how.source, absent);
    if (!stored.empty()) weights.push_back({wanted.canonical, gathered(stored, place, wanted.shape)});
    if (wanted.presence != Presence::optional) missing.insert(missing.end(), absent.begin(), absent.end());
    used.insert(place.names.begin(), place.names.end());
  }
  if (!missing.empty()) fail(ErrorCode::malformed, "{} the model lacks {}; fetch it again, all its files", how.source, listed(missing));
  for (const Entry& entry : container.entries)
    if (!used.contains(entry.name) && !how.ignorable(entry)) unexpected.push_back(entry.name);
  if (!unexpected.empty())
    fail(ErrorCode::malformed, "{} the model has {}, which its architecture does not know; its configuration is of another model",
         how.source, listed(unexpected));
  return weights;
}

const formats::Format* main_format(std::span<const NamedWeight> weights) {
  std::map<std::string_view, std::uint64_t> elements;
  for (const NamedWeight& tensor : weights)
    if (tensor.weight.shape().rank() > 1) elements[tensor.weight.format().name] += tensor.weight.shape().elements();
  const auto most = std::max_element(elements.begin(), elements.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == elements.end() ? nullptr : formats::find(most->first);
}

std::string main_dtype(std::span<const NamedWeight> weights) {
  const formats::Format* format = main_format(weights);
  if (!format || format->kind != formats::Kind::plain) return "";
  return std::string(format->config_dtype);
}

void refuse_adapter(const Model& model) {
  if (model.adapter())
    fail(ErrorCode::unsupported, "[save] the model has an adapter, which is applied as it runs and would be lost; merge it first");
}

checkpoint::PendingEntry pending(const std::string& name, const Weight& weight) {
  const auto rows = [weight, name](std::uint64_t first, std::uint64_t count, std::span<std::byte> out) {
    try {
      weight.read_rows(first, count, out);
    } catch (const Error& error) {
      fail(error.code(), "[save] tensor '{}': {}", name, error.what());
    }
  };
  return {name, &weight.format(), weight.shape(), rows, weight.source()};
}

}  // namespace tightrope::model
