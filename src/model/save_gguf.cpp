// A model as one GGUF that any reader of the format opens.
#include "base/error.h"
#include "checkpoint/gguf.h"
#include "model/assemble.h"
#include "model/checkpoint_io.h"
#include "model/collect.h"
#include "model/gguf_keys.h"
#include "model/gguf_tokenizer.h"
#include "model/rope.h"

namespace tightrope::model {
namespace {

constexpr std::uint32_t kQuantizationVersion = 2;  // of ggml's block layouts

bool any_quantised(const Model& model) {
  for (const NamedWeight& tensor : model.weights())
    if (tensor.weight.format().kind == formats::Kind::block) return true;
  return false;
}

void write_general(const Model& model, checkpoint::Metadata& metadata) {
  metadata.set("general.architecture", {std::string(model.arch().gguf_arch)});
  metadata.set("general.type", {std::string("model")});
  metadata.set("general.name", {model.config().name});
  const formats::Format* format = main_format(model.weights());
  if (format && format->gguf_file_type >= 0) metadata.set("general.file_type", {static_cast<std::uint32_t>(format->gguf_file_type)});
  if (any_quantised(model)) metadata.set("general.quantization_version", {kQuantizationVersion});
}

checkpoint::Metadata metadata_of(const Model& model, const checkpoint::Metadata& extra) {
  checkpoint::Metadata metadata;
  write_general(model, metadata);
  if (model.tokenizer())
    write_gguf_tokenizer(model.tokenizer()->definition(), model.config().vocab, metadata);
  else
    metadata.set("tokenizer.ggml.model", {std::string("none")});
  write_gguf_config(model.arch(), model.config(), metadata);
  for (const auto& [key, value] : extra.entries()) metadata.set(key, value);
  return metadata;
}

void add_table(std::string_view name, const std::vector<float>& values, std::vector<checkpoint::PendingEntry>& entries) {
  if (values.empty()) return;
  const auto bytes = std::as_bytes(std::span(values));
  const Weight weight(formats::get("f32"), Shape{values.size()}, Bytes(std::vector<std::byte>(bytes.begin(), bytes.end())));
  entries.push_back(pending(std::string(name), weight));
}

void add_rope_tables(const Config& config, std::vector<checkpoint::PendingEntry>& entries) {
  const bool llama3 = config.rope.scaling == RopeConfig::Scaling::llama3;
  add_table(kRopeDivisors, llama3 ? llama3_divisors(config.rope, config.rope_dimensions) : config.rope.divisors, entries);
  add_table(kShortFactors, config.rope.short_factors, entries);
  add_table(kLongFactors, config.rope.long_factors, entries);
}

}  // namespace

void save_gguf(const Model& model, const std::filesystem::path& file, const SaveOptions& options) {
  refuse_adapter(model);
  if (model.arch().gguf_arch.empty())
    fail(ErrorCode::unsupported, "[save] GGUF has no architecture for '{}'; write a Hugging Face folder", model.arch().name);
  const std::vector<PlannedTensor> plan = plan_tensors(model.arch(), model.config());
  std::vector<Weight> kept;  // the pointers below point here
  kept.reserve(plan.size());
  // The format's readers expect vectors, and a few small matrices, as F32.
  const auto weight_of = [&](const PlannedTensor& planned) -> const Weight* {
    const Weight* weight = planned.presence == Presence::optional ? model.find(planned.canonical) : &model.get(planned.canonical);
    if (weight == nullptr || (weight->shape().rank() > 1 && !planned.gguf.f32)) return weight;
    return &kept.emplace_back(weight->encoded_as(formats::get("f32"), *options.codec));
  };
  std::vector<checkpoint::PendingEntry> entries;
  for (const StoredTensor& tensor : scattered(plan, &PlannedTensor::gguf, "a GGUF", weight_of))
    entries.push_back(pending(tensor.name, tensor.weight));
  add_rope_tables(model.config(), entries);
  checkpoint::write_gguf(file, entries, metadata_of(model, options.extra), options.write);
}

}  // namespace tightrope::model
