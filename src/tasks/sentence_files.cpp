// modules.json lists the steps after the model; each has a folder with its own config.json.
#include "tasks/sentence_files.h"

#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "checkpoint/folder.h"
#include "checkpoint/gguf.h"

namespace tightrope::tasks {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSource = "[embed]";
constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 20;
constexpr std::size_t kMostPoolings = 8;

// Null when the file is not there.
Json json_in(const fs::path& folder, std::string_view name) {
  std::error_code ignored;
  if (fs::symlink_status(folder / name, ignored).type() == fs::file_type::not_found) return {};
  return Json::parse(read_text_file(checkpoint::file_inside(folder, name, kSource), kMostBytes),
                     fmt::format("'{}'", (folder / name).string()));
}

bool flag(const Json& json, std::string_view key, bool otherwise) {
  const Json* value = json.find(key);
  return value == nullptr || value->is_null() ? otherwise : value->as_bool(key);
}

const Pooling& pooling_of_word(std::string_view word) {
  for (const Pooling& pooling : all_poolings())
    if (!pooling.sentence_key.empty() && (word == pooling.name || (word == "lasttoken" && pooling.name == "last"))) return pooling;
  fail(ErrorCode::unsupported, "{} the pooling mode '{}' of the model's files is not supported; choose one with --pooling", kSource,
       word.substr(0, 64));
}

// Newer files name the modes in a word or a list; older ones have a switch for each.
void read_pooling(const Json& json, SentenceSettings& settings) {
  settings.pools_prompt = flag(json, "include_prompt", true);
  const Json* modes = json.find("pooling_mode");
  if (modes != nullptr && modes->is_string()) settings.poolings.push_back(&pooling_of_word(modes->as_string("pooling_mode")));
  if (modes != nullptr && modes->is_array())
    for (const Json& mode : modes->as_array("pooling_mode")) settings.poolings.push_back(&pooling_of_word(mode.as_string("pooling_mode")));
  if (modes == nullptr)
    for (const Pooling& pooling : all_poolings())
      if (!pooling.sentence_key.empty() && flag(json, pooling.sentence_key, false)) settings.poolings.push_back(&pooling);
  if (settings.poolings.empty() || settings.poolings.size() > kMostPoolings)
    fail(ErrorCode::malformed, "{} the model's pooling config chooses {} poolings; choose one with --pooling", kSource,
         settings.poolings.size());
}

void read_length(const Json& json, SentenceSettings& settings) {
  if (const Json* most = json.find("max_seq_length"); most != nullptr && !most->is_null())
    settings.most_tokens = most->as_uint("max_seq_length");
  if (flag(json, "do_lower_case", false))
    fail(ErrorCode::unsupported, "{} sentence_bert_config.json asks for lower-case texts (do_lower_case), which is not supported", kSource);
}

void read_prompts(const Json& json, SentenceSettings& settings) {
  if (const Json* prompts = json.find("prompts"); prompts != nullptr && !prompts->is_null())
    for (const auto& [name, text] : prompts->as_object("prompts")) settings.prompts.emplace_back(name, text.as_string("a prompt"));
  const Json* usual = json.find("default_prompt_name");
  if (usual != nullptr && !usual->is_null()) settings.default_prompt = usual->as_string("default_prompt_name");
}

// A step after the model by the last part of its type: "sentence_transformers.models.Pooling".
struct Step {
  std::string_view name;
  void (*read)(const fs::path& folder, SentenceSettings& settings);
};
constexpr Step kSteps[] = {
    {"Transformer", [](const fs::path&, SentenceSettings&) {}},
    {"Pooling", [](const fs::path& folder, SentenceSettings& settings) { read_pooling(json_in(folder, "config.json"), settings); }},
    {"Normalize", [](const fs::path&, SentenceSettings& settings) { settings.normalize = true; }},
};

void read_module(const fs::path& folder, const Json& module, SentenceSettings& settings) {
  const std::string& type = module.at("type", "modules.json").as_string("type in modules.json");
  const std::string& path = module.at("path", "modules.json").as_string("path in modules.json");
  const std::string_view name = std::string_view(type).substr(type.rfind('.') + 1);
  for (const Step& step : kSteps) {
    if (step.name != name) continue;
    std::error_code ignored;
    const bool there = !path.empty() && fs::exists(folder / path, ignored);
    return step.read(there ? checkpoint::file_inside(folder, path, kSource) : folder, settings);
  }
  fail(ErrorCode::unsupported,
       "{} the model's modules.json has a step of type '{}', which is not supported; known are Transformer, "
       "Pooling and Normalize",
       kSource, name.substr(0, 64));
}

}  // namespace

SentenceSettings read_sentence_files(const fs::path& folder) {
  SentenceSettings settings;
  const Json modules = json_in(folder, "modules.json");
  if (!modules.is_null())
    for (const Json& module : modules.as_array("modules.json")) read_module(folder, module, settings);
  if (const Json json = json_in(folder, "sentence_bert_config.json"); !json.is_null()) read_length(json, settings);
  if (const Json json = json_in(folder, "config_sentence_transformers.json"); !json.is_null()) read_prompts(json, settings);
  return settings;
}

SentenceSettings read_gguf_pooling(const fs::path& file) {
  SentenceSettings settings;
  const checkpoint::Container container = checkpoint::read_gguf(file);
  const std::string key = container.metadata.string_or("general.architecture", "") + ".pooling_type";
  if (container.metadata.find(key) == nullptr) return settings;
  const std::uint64_t type = container.metadata.unsigned_or(key, 0);
  settings.normalize = true;
  for (const Pooling& pooling : all_poolings())
    if (pooling.gguf_type >= 0 && static_cast<std::uint64_t>(pooling.gguf_type) == type) settings.poolings.push_back(&pooling);
  if (settings.poolings.empty())
    fail(ErrorCode::unsupported, "{} the file's {} is {}, which is not supported; choose one with --pooling", kSource, key, type);
  return settings;
}

}  // namespace tightrope::tasks
