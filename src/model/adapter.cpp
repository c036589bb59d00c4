// A PEFT folder read: its tensors matched in pairs with the base's matrices, of which several may be one stored module.
#include "model/adapter.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "checkpoint/folder.h"
#include "checkpoint/safetensors.h"
#include "model/adapter_config.h"
#include "model/tensor_plan.h"

namespace tightrope::model {
namespace {

namespace fs = std::filesystem;
using checkpoint::Entry;

constexpr std::string_view kSource = "[adapter]", kPrefix = "base_model.model.", kWeight = ".weight";
constexpr std::string_view kConfigFile = "adapter_config.json", kWeightsFile = "adapter_model.safetensors";
constexpr std::uint64_t kConfigBytes = std::uint64_t{4} << 20;
constexpr std::string_view kTables[] = {"embed", "embed.positions", "embed.types"};  // looked up, not multiplied with

// What the file has for one module.
struct ModuleTensors {
  const Entry *a = nullptr, *b = nullptr, *magnitude = nullptr;
  const Entry *table_a = nullptr, *table_b = nullptr;  // [rank, rows], [width, rank]
};
struct Suffix {
  std::string_view text;
  const Entry* ModuleTensors::*place;
};
constexpr Suffix kSuffixes[] = {{".lora_A.weight", &ModuleTensors::a},
                                {".lora_B.weight", &ModuleTensors::b},
                                {".lora_magnitude_vector", &ModuleTensors::magnitude},
                                {".lora_embedding_A", &ModuleTensors::table_a},
                                {".lora_embedding_B", &ModuleTensors::table_b}};

// The base's matrices by the path of the module that stores them. Shared: an expert's module is one of hundreds of the same tensor.
using Parts = std::vector<std::shared_ptr<const PlannedTensor>>;
using Targets = std::map<std::string, Parts, std::less<>>;

fs::path file_of(const fs::path& folder, std::string_view name) {
  std::error_code ignored;
  if (fs::symlink_status(folder / name, ignored).type() == fs::file_type::not_found)
    fail(ErrorCode::not_found, "{} '{}' has no {}; name a folder that PEFT saved (with safetensors, not adapter_model.bin)", kSource,
         folder.string(), name);
  return checkpoint::file_inside(folder, name, kSource);
}

std::map<std::string, ModuleTensors> by_module(const checkpoint::Container& container) {
  std::map<std::string, ModuleTensors> modules;
  for (const Entry& entry : container.entries) {
    const std::string_view name = entry.name;
    const auto suffix = std::find_if(std::begin(kSuffixes), std::end(kSuffixes), [&](const Suffix& s) { return name.ends_with(s.text); });
    if (!name.starts_with(kPrefix) || suffix == std::end(kSuffixes) || name.size() <= kPrefix.size() + suffix->text.size())
      fail(ErrorCode::unsupported,
           "{} tensor '{}' is no part of a low-rank pair; supported are lora_A, lora_B, lora_magnitude_vector, lora_embedding_A and "
           "lora_embedding_B of modules below base_model.model",
           kSource, name.substr(0, 128));
    modules[std::string(name.substr(kPrefix.size(), name.size() - kPrefix.size() - suffix->text.size()))].*suffix->place = &entry;
  }
  if (modules.empty()) fail(ErrorCode::malformed, "{} {} holds no tensors; the adapter is damaged", kSource, kWeightsFile);
  return modules;
}

void add_targets(const Model& base, bool prefixed, Targets& targets) {
  for (PlannedTensor& planned : plan_tensors(base.arch(), base.config(), prefixed)) {
    const std::vector<std::string>& names = planned.huggingface.names;
    if (planned.shape.rank() < 2 || names.empty() || !names.front().ends_with(kWeight) || base.find(planned.canonical) == nullptr) continue;
    const auto shared = std::make_shared<const PlannedTensor>(std::move(planned));
    for (const std::string& name : shared->huggingface.names) {
      Parts& parts = targets[name.substr(0, name.size() - kWeight.size())];
      const auto same = [&](const auto& known) { return known->canonical == shared->canonical; };
      if (std::none_of(parts.begin(), parts.end(), same)) parts.push_back(shared);
    }
  }
}

// Files of a bare trunk have no prefix.
Targets targets_of(const Model& base) {
  Targets targets;
  for (const bool prefixed : {true, false}) add_targets(base, prefixed, targets);
  return targets;
}

const Parts& parts_of(const Targets& targets, const std::string& module, const Model& base) {
  if (const auto found = targets.find(module); found != targets.end()) return found->second;
  std::set<std::string> ends;
  for (const auto& [path, parts] : targets) ends.insert(path.substr(path.rfind('.') + 1));
  std::string known;
  for (const std::string& end : ends) known += fmt::format("{}{}", known.empty() ? "" : ", ", end);
  fail(ErrorCode::malformed, "{} it changes '{}', which this {} does not have as a matrix of its own; its modules are {}", kSource,
       module.substr(0, 128), base.arch().name, known);
}

std::vector<float> values_of(const Entry& entry, const Shape& wanted) {
  if (entry.shape != wanted)
    fail(ErrorCode::malformed, "{} tensor '{}' is {}, but the base and the rank imply {}; the adapter is of another model", kSource,
         entry.name, entry.shape.text(), wanted.text());
  if (entry.format->decode == nullptr)
    fail(ErrorCode::unsupported, "{} tensor '{}' is of type {}, which holds no weights", kSource, entry.name, entry.format->name);
  std::vector<float> values(entry.shape.elements());
  formats::kScalarCodec.decode(*entry.format, entry.bytes.data(), values.data(), values.size());
  if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
    fail(ErrorCode::malformed, "{} tensor '{}' holds a number that is not finite; the adapter is damaged or diverged", kSource, entry.name);
  return values;
}

std::vector<float> transposed(const std::vector<float>& values, std::size_t rows, std::size_t columns) {
  std::vector<float> result(values.size());
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < columns; ++column) result[column * rows + row] = values[row * columns + column];
  return result;
}

// A module's pair as if it were one matrix of `out` rows.
LowRank pair_of(const std::string& module, const ModuleTensors& tensors, bool table, std::uint64_t out, std::uint64_t in,
                const AdapterConfig& config) {
  const Entry *a = table ? tensors.table_a : tensors.a, *b = table ? tensors.table_b : tensors.b;
  const bool others = table ? tensors.a != nullptr || tensors.b != nullptr : tensors.table_a != nullptr || tensors.table_b != nullptr;
  if (a == nullptr || b == nullptr || others)
    fail(ErrorCode::malformed, "{} module '{}' needs {} of the adapter, both and no others; the adapter is damaged", kSource, module,
         table ? "lora_embedding_A and lora_embedding_B" : "lora_A and lora_B");
  if (table && config.magnitudes)
    fail(ErrorCode::unsupported, "{} DoRA on the embedding '{}' is not supported; supported is DoRA on linear layers", kSource, module);
  if ((tensors.magnitude != nullptr) != config.magnitudes)
    fail(ErrorCode::malformed, "{} use_dora is {}, but module '{}' has {} lora_magnitude_vector; the adapter is damaged", kSource,
         config.magnitudes, module, config.magnitudes ? "no" : "a");
  LowRank pair{.name = {}, .rank = config.rank_of(module), .out = out, .in = in, .a = {}, .b = {}, .magnitude = {}};
  if (table) {
    pair.a = transposed(values_of(*b, Shape{in, pair.rank}), in, pair.rank);
    pair.b = transposed(values_of(*a, Shape{pair.rank, out}), pair.rank, out);
  } else {
    pair.a = values_of(*a, Shape{pair.rank, in});
    pair.b = values_of(*b, Shape{out, pair.rank});
  }
  if (config.magnitudes) pair.magnitude = values_of(*tensors.magnitude, Shape{out});
  const auto scale = static_cast<float>(config.scale_of(module));
  for (float& value : pair.b) value *= scale;
  return pair;
}

// The rows of the stored module that are this matrix of ours.
LowRank part_of(const LowRank& whole, const PlannedTensor& planned) {
  LowRank part{
      .name = planned.canonical, .rank = whole.rank, .out = planned.shape[0], .in = whole.in, .a = whole.a, .b = {}, .magnitude = {}};
  part.b.resize(part.out * part.rank);
  part.magnitude.resize(whole.magnitude.empty() ? 0 : part.out);
  for (const RowRun& run : planned.huggingface.runs()) {
    std::copy_n(whole.b.data() + run.stored * part.rank, run.count * part.rank, part.b.data() + run.ours * part.rank);
    if (!part.magnitude.empty()) std::copy_n(whole.magnitude.data() + run.stored, run.count, part.magnitude.data() + run.ours);
  }
  return part;
}

std::vector<LowRank> additions_of(const std::string& module, const ModuleTensors& tensors, const Parts& parts,
                                  const AdapterConfig& config) {
  const PlannedTensor& first = *parts.front();
  if (first.shape.rank() != 2)
    fail(ErrorCode::unsupported, "{} it changes '{}', an expert of a mixture; supported are adapters of the other linear layers", kSource,
         module);
  const Location& place = first.huggingface;
  const std::uint64_t out = place.transposed ? place.stored_shape.row_length() : place.stored_shape.rows();
  const bool table = std::find(std::begin(kTables), std::end(kTables), first.canonical) != std::end(kTables);
  const LowRank whole = pair_of(module, tensors, table, out, first.shape.row_length(), config);
  std::vector<LowRank> additions;
  additions.reserve(parts.size());
  for (const auto& planned : parts) additions.push_back(part_of(whole, *planned));
  return additions;
}

}  // namespace

const LowRank* Adapter::find(std::string_view canonical) const {
  const auto found = std::find_if(additions.begin(), additions.end(), [&](const LowRank& each) { return each.name == canonical; });
  return found == additions.end() ? nullptr : &*found;
}

std::shared_ptr<const Adapter> read_adapter(const fs::path& folder, const Model& base) {
  const AdapterConfig config = read_adapter_config(Json::parse(read_text_file(file_of(folder, kConfigFile), kConfigBytes), kConfigFile));
  const checkpoint::Container container = checkpoint::read_safetensors(file_of(folder, kWeightsFile));
  const Targets targets = targets_of(base);
  auto adapter = std::make_shared<Adapter>();
  std::error_code ignored;
  adapter->name = fs::absolute(folder / "", ignored).lexically_normal().parent_path().filename().string();
  for (const auto& [module, tensors] : by_module(container))
    for (LowRank& addition : additions_of(module, tensors, parts_of(targets, module, base), config))
      adapter->additions.push_back(std::move(addition));
  return adapter;
}

}  // namespace tightrope::model
