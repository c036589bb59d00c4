// Model: what it is made of, as plain values and as JSON.
#include <algorithm>
#include <map>

#include "base/error.h"
#include "checkpoint/gguf.h"
#include "text/tokenizer_json.h"
#include "toolkit/model_handle.h"

namespace tightrope {
namespace {

// Empty where nothing is turned.
std::string describe_rope(const model::Config& config) {
  using Scaling = model::RopeConfig::Scaling;
  if (config.rope_dimensions == 0) return "";
  const model::RopeConfig& rope = config.rope;
  const std::string base = fmt::format("theta {:g}", rope.theta);
  if (rope.scaling == Scaling::dynamic)
    return fmt::format("{}, dynamic scaling {:g} of {} tokens", base, rope.factor, rope.original_context);
  if (rope.scaling == Scaling::longrope) return fmt::format("{}, longrope scaling of {} tokens", base, rope.original_context);
  if (rope.scaling == Scaling::linear) return fmt::format("{}, linear scaling {:g}", base, rope.factor);
  if (rope.scaling == Scaling::yarn) return fmt::format("{}, YaRN scaling {:g} of {} tokens", base, rope.factor, rope.original_context);
  if (rope.scaling == Scaling::llama3)
    return fmt::format("{}, Llama 3 scaling {:g} of {} tokens", base, rope.factor, rope.original_context);
  return rope.divisors.empty() ? base : fmt::format("{}, {} frequency divisors", base, rope.divisors.size());
}

std::string describe_tokenizer(const text::Tokenizer* tokenizer) {
  if (tokenizer == nullptr) return "";
  return fmt::format("{}, {} tokens", text::describe(tokenizer->definition()), tokenizer->vocabulary_size());
}

std::vector<std::pair<std::string, std::uint64_t>> bytes_by_format(const model::Model& model) {
  std::map<std::string, std::uint64_t> sums;
  for (const model::NamedWeight& tensor : model.weights()) sums[std::string(tensor.weight.format().name)] += tensor.weight.size_bytes();
  std::vector<std::pair<std::string, std::uint64_t>> sorted(sums.begin(), sums.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return sorted;
}

// A GGUF of ours says how it was made under "tightrope." keys of two words; those of three words are the model's.
std::vector<std::pair<std::string, std::string>> read_provenance(const Model::Implementation& model) {
  std::vector<std::pair<std::string, std::string>> found;
  if (model.container != "gguf") return found;
  const checkpoint::Container container = checkpoint::read_gguf(model.path);
  for (const auto& [key, value] : container.metadata.entries())
    if (const auto* text = std::get_if<std::string>(&value.data);
        text != nullptr && key.starts_with("tightrope.") && std::count(key.begin(), key.end(), '.') == 1)
      found.emplace_back(key, *text);
  return found;
}

void add_extents(Json& json, const ModelInfo& info) {
  json["vocab"] = Json(info.vocab);
  json["model"] = Json(info.model);
  json["blocks"] = Json(info.blocks);
  json["heads"] = Json(info.heads);
  json["kv_heads"] = Json(info.kv_heads);
  json["head"] = Json(info.head);
  json["ffn"] = Json(info.ffn);
  json["context"] = Json(info.context);
  json["experts"] = Json(info.experts);
  json["experts_used"] = Json(info.experts_used);
  json["tied"] = Json(info.tied);
}

Json info_json(const ModelInfo& info) {
  Json json = Json::object();
  json["path"] = Json(info.path);
  json["name"] = Json(info.name);
  json["architecture"] = Json(info.architecture);
  json["class"] = Json(info.head_class);
  json["container"] = Json(info.container);
  json["parameters"] = Json(info.parameters);
  json["file_bytes"] = Json(info.file_bytes);
  json["weight_bytes"] = Json(info.weight_bytes);
  json["bits_per_weight"] = Json(info.bits_per_weight);
  add_extents(json, info);
  json["rope"] = Json(info.rope);
  json["tokenizer"] = Json(info.tokenizer);
  json["chat_template"] = Json(info.chat_template);
  json["bytes_by_format"] = Json::object();
  for (const auto& [format, bytes] : info.bytes_by_format) json["bytes_by_format"][format] = Json(bytes);
  json["provenance"] = Json::object();
  for (const auto& [key, value] : info.provenance) json["provenance"][key] = Json(value);
  json["notices"] = Json::array();
  for (const std::string& notice : info.notices) json["notices"].push_back(Json(notice));
  return json;
}

Json tensor_json(const TensorInfo& tensor) {
  Json json = Json::object();
  json["name"] = Json(tensor.name);
  json["shape"] = Json::array();
  for (const std::uint64_t extent : tensor.shape) json["shape"].push_back(Json(extent));
  json["format"] = Json(tensor.format);
  json["bytes"] = Json(tensor.bytes);
  return json;
}

}  // namespace

ModelInfo Model::info() const {
  const model::Model& model = implementation_->model;
  const model::Config& config = model.config();
  ModelInfo info;
  info.path = implementation_->path.string();
  info.name = config.name.empty() ? implementation_->path.stem().string() : config.name;
  info.architecture = model.arch().name;
  info.head_class = config.output != nullptr ? config.output->hf_class : model.arch().heads.front().hf_class;
  info.container = implementation_->container;
  info.parameters = model.parameters();
  info.file_bytes = info.container == "memory" ? 0 : toolkit::bytes_on_disk(implementation_->path);
  info.weight_bytes = model.weight_bytes();
  info.bits_per_weight = model.bits_per_weight();
  info.vocab = config.vocab, info.model = config.model, info.blocks = config.blocks, info.context = config.context;
  info.heads = config.heads, info.kv_heads = config.kv_heads, info.head = config.head, info.ffn = config.ffn;
  info.experts = config.experts, info.experts_used = config.experts_used;
  info.tied = config.tied;
  info.rope = describe_rope(config);
  info.tokenizer = describe_tokenizer(model.tokenizer().get());
  if (model.tokenizer() != nullptr) info.chat_template = model.tokenizer()->definition().chat_template;
  info.bytes_by_format = bytes_by_format(model);
  info.provenance = read_provenance(*implementation_);
  info.notices = config.notices;
  info.notices.insert(info.notices.end(), implementation_->notices.begin(), implementation_->notices.end());
  return info;
}

std::vector<TensorInfo> Model::tensors() const {
  std::vector<TensorInfo> list;
  for (const auto& [name, weight] : implementation_->model.weights()) {
    const auto extents = weight.shape().extents();
    list.push_back({name, {extents.begin(), extents.end()}, std::string(weight.format().name), weight.size_bytes()});
  }
  return list;
}

std::string to_json(const ModelInfo& info) { return info_json(info).dump(2); }

std::string to_json(const ModelInfo& info, const std::vector<TensorInfo>& tensors) {
  Json json = info_json(info);
  json["tensors"] = Json::array();
  for (const TensorInfo& tensor : tensors) json["tensors"].push_back(tensor_json(tensor));
  return json.dump(2);
}

}  // namespace tightrope
