// A model as a Hugging Face folder: config.json, generation_config.json, tokenizer files, safetensors.
#include <cmath>

#include "base/error.h"
#include "base/file.h"
#include "checkpoint/safetensors.h"
#include "model/assemble.h"
#include "model/checkpoint_io.h"
#include "model/collect.h"
#include "model/folder_swap.h"
#include "text/tokenizer_json.h"

namespace tightrope::model {
namespace {

// Every value survives the way into `format` and back.
bool holds_exactly(const formats::Format& format, const Weight& weight, const formats::Codec& codec) {
  const std::uint64_t count = weight.shape().elements();
  std::vector<float> before(count), after(count);
  std::vector<std::byte> encoded(formats::bytes_of(format, count));
  weight.read_rows_f32(0, weight.shape().rows(), before, codec);
  codec.encode(format, before.data(), nullptr, encoded.data(), count);
  codec.decode(format, encoded.data(), after.data(), count);
  return before == after;  // NaN differs from itself: such a tensor stays as it is
}

// A GGUF keeps vectors and small matrices as F32 whatever they were; they go back to the matrices' type when nothing is lost.
Weight as_stored(const Weight& weight, const PlannedTensor& planned, const formats::Format& matrices, const formats::Codec& codec) {
  const bool narrowable =
      (weight.shape().rank() == 1 || planned.gguf.f32) && weight.format().name == "f32" && matrices.kind == formats::Kind::plain;
  if (narrowable && holds_exactly(matrices, weight, codec)) return weight.encoded_as(matrices, codec);
  return weight;
}

std::vector<checkpoint::PendingEntry> entries_of(const Model& model, const formats::Codec& codec) {
  const formats::Format& matrices = *main_format(model.weights());
  const bool prefixed = model.config().output == nullptr || model.config().output->kind != HeadSpec::Kind::hidden;
  std::vector<Weight> kept;  // the pointers below point here
  const std::vector<PlannedTensor> plan = plan_tensors(model.arch(), model.config(), prefixed);
  kept.reserve(plan.size());
  const auto weight_of = [&](const PlannedTensor& planned) -> const Weight* {
    const Weight* weight = planned.presence == Presence::optional ? model.find(planned.canonical) : &model.get(planned.canonical);
    return weight == nullptr ? nullptr : &kept.emplace_back(as_stored(*weight, planned, matrices, codec));
  };
  std::vector<checkpoint::PendingEntry> entries;
  for (const StoredTensor& tensor : scattered(plan, &PlannedTensor::huggingface, "a Hugging Face folder", weight_of)) {
    if (tensor.weight.format().safetensors_dtype.empty())
      fail(ErrorCode::unsupported,
           "[save] tensor '{}' is {}, which a Hugging Face folder cannot hold; write a .gguf, or decode first (convert --type bf16)",
           tensor.name, tensor.weight.format().name);
    entries.push_back(pending(tensor.name, tensor.weight));
  }
  return entries;
}

// Ids the configuration lacks, as the tokenizer knows them.
Config completed(const Model& model) {
  Config config = model.config();
  config.dtype = main_dtype(model.weights());
  if (!model.tokenizer()) return config;
  const text::TokenizerDefinition& definition = model.tokenizer()->definition();
  if (config.bos < 0) config.bos = definition.bos;
  if (config.padding < 0) config.padding = definition.padding;
  if (config.eos.empty() && definition.eos >= 0) config.eos.push_back(definition.eos);
  return config;
}

Json generation_config(const Json& config) {
  Json json = Json::object();
  json["_from_model_config"] = Json(true);
  for (const std::string_view key : {"bos_token_id", "eos_token_id", "pad_token_id"})
    if (const Json* id = config.find(key); id && !id->is_null()) json[key] = *id;
  return json;
}

std::uint64_t bytes_of(const std::vector<checkpoint::PendingEntry>& entries) {
  std::uint64_t sum = 0;
  for (const checkpoint::PendingEntry& entry : entries) sum += formats::bytes_of(*entry.format, entry.shape.elements());
  return sum;
}

void write_texts(const Model& model, const Json& config, const std::filesystem::path& folder) {
  constexpr int kIndent = 2;
  write_text_file(folder / "config.json", config.dump(kIndent) + "\n");
  write_text_file(folder / "generation_config.json", generation_config(config).dump(kIndent) + "\n");
  if (!model.tokenizer()) return;
  const text::TokenizerDefinition& definition = model.tokenizer()->definition();
  write_text_file(folder / "tokenizer.json", text::write_tokenizer_json(definition));
  write_text_file(folder / "tokenizer_config.json", text::write_tokenizer_config_json(definition));
}

void add_texts(const SaveOptions& options, const std::filesystem::path& folder) {
  for (const auto& [name, content] : options.texts) {
    const std::filesystem::path file = folder / name;
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    if (error) fail_write(error.value(), file, "making its folder");
    write_text_file(file, content);
  }
}

}  // namespace

void save_huggingface(const Model& model, const std::filesystem::path& folder, const SaveOptions& options) {
  refuse_adapter(model);
  const std::vector<checkpoint::PendingEntry> entries = entries_of(model, *options.codec);
  const Json config = write_hf_config(model.arch(), completed(model));
  FolderSwap swap(folder, options.write.inputs, options.write.overwrite);
  check_free_space(swap.temporary(), bytes_of(entries));
  write_texts(model, config, swap.temporary());
  add_texts(options, swap.temporary());
  checkpoint::write_safetensors_folder(swap.temporary(), entries, options.write);
  swap.commit();
}

}  // namespace tightrope::model
