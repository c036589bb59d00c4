// Model: loading, casting, saving.
#include "base/error.h"
#include "base/file.h"
#include "checkpoint/gguf.h"
#include "model/adapter.h"
#include "model/checkpoint_io.h"
#include "model/gguf_readers.h"
#include "tightrope/machine.h"
#include "tightrope/model.h"
#include "toolkit/model_handle.h"

namespace tightrope {
namespace {

// What a file says of its making: enough to make it again.
checkpoint::Metadata provenance(const Model::Implementation& made) {
  checkpoint::Metadata metadata;
  metadata.set("tightrope.version", {std::string(version())});
  metadata.set("tightrope.source", {made.path.lexically_normal().filename().string()});
  metadata.set("tightrope.recipe", {made.recipe.dump()});
  const Json::Array& steps = made.recipe.as_array("recipe");
  if (const Json* type = steps.empty() ? nullptr : steps.back().find("gguf_file_type"))
    metadata.set("general.file_type", {static_cast<std::uint32_t>(type->as_uint("gguf_file_type"))});
  return metadata;
}

std::filesystem::path without_trailing_slash(const std::filesystem::path& path) { return path.has_filename() ? path : path.parent_path(); }

}  // namespace

bool is_gguf_path(const std::filesystem::path& path) { return path.extension() == ".gguf"; }

std::string unfinished_prefix(const std::filesystem::path& output) { return temporary_prefix(output); }

Model Model::load(const std::filesystem::path& path) {
  const std::filesystem::path clean = without_trailing_slash(path);
  return Model(std::make_shared<const Implementation>(
      Implementation{model::load_model(clean), clean, is_gguf_path(clean) ? "gguf" : "safetensors", Json::array(), {}}));
}

Model Model::cast(std::string_view format, bool vectors) const {
  const formats::Format& target = formats::get(format);
  if (target.kind != formats::Kind::plain)
    fail(ErrorCode::invalid_argument, "[convert] '{}' is no plain format; use f32, f16 or bf16, or 'quantize' for the others", format);
  const model::Model& before = implementation_->model;
  const auto cast_one = [&](const model::NamedWeight& tensor) {
    const bool wanted = vectors || tensor.weight.shape().rank() > 1;
    return wanted && &tensor.weight.format() != &target ? tensor.weight.encoded_as(target, toolkit::machine_codec()) : tensor.weight;
  };
  const model::Model changed = before.map(cast_one);
  model::Config config = changed.config();
  config.dtype = target.config_dtype;
  Json step = Json::object();
  step["pass"] = "cast";
  step["options"]["format"] = Json(format);
  return toolkit::derived(*this, changed.with_config(std::move(config)), step, {});
}

Model Model::with_adapter(const std::filesystem::path& folder) const {
  if (implementation_->model.adapter())
    fail(ErrorCode::invalid_argument, "[adapter] the model has the adapter '{}' already; merge it before you load another",
         implementation_->model.adapter()->name);
  std::shared_ptr<const model::Adapter> adapter = model::read_adapter(without_trailing_slash(folder), implementation_->model);
  Json step = Json::object();
  step["pass"] = "adapter";
  step["options"]["name"] = Json(adapter->name);
  return toolkit::derived(*this, implementation_->model.with_adapter(std::move(adapter)), step, {}, folder);
}

Model Model::merged(std::string_view format) const {
  const formats::Format* target = format.empty() ? nullptr : &formats::get(format);
  if (target != nullptr && target->kind != formats::Kind::plain)
    fail(ErrorCode::invalid_argument, "[merge] '{}' is no plain format; use f32, f16 or bf16, and 'quantize' the result", format);
  Json step = Json::object();
  step["pass"] = "merge";
  step["options"]["format"] = Json(format);
  return toolkit::derived(*this, model::merge_adapter(implementation_->model, target, toolkit::machine_codec()), step, {});
}

std::vector<std::string> Model::gguf_differences() const { return model::gguf_differences(implementation_->model); }

void Model::save(const std::filesystem::path& path, const SaveOptions& options) const {
  const std::filesystem::path output = without_trailing_slash(path);
  if (output.extension() == ".safetensors")
    fail(ErrorCode::invalid_argument, "[save] '{}' would lack its config and tokenizer; name a folder, or a file that ends in .gguf",
         output.string());
  model::SaveOptions save;
  save.write.threads = options.threads;
  save.write.overwrite = options.overwrite;
  save.write.inputs = checkpoint::gguf_parts(implementation_->path);
  save.write.inputs.insert(save.write.inputs.end(), implementation_->others.begin(), implementation_->others.end());
  save.write.progress = options.progress;
  save.codec = &toolkit::machine_codec();
  const tasks::SentenceSource sentences = toolkit::sentences_of(*implementation_);
  if (is_gguf_path(output)) {
    save.extra = provenance(*implementation_);
    tasks::add_sentence_keys(sentences, implementation_->model, save.extra);
    model::save_gguf(implementation_->model, output, save);
  } else {
    constexpr int kIndent = 2;
    for (const auto& [name, content] : tasks::files_to_save(sentences, implementation_->model))
      save.texts.emplace_back(name, content.dump(kIndent) + "\n");
    model::save_huggingface(implementation_->model, output, save);
  }
}

}  // namespace tightrope
