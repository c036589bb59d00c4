// modules.json lists the steps after the model; each may have a folder with a config.json of its own. Nothing else is ever taken along.
#include "tasks/sentence_files.h"

#include <algorithm>
#include <optional>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "checkpoint/folder.h"

namespace tightrope::tasks {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSource = "[embed]";
constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 20;
constexpr std::size_t kMostModules = 16;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
}

void add_file(const fs::path& folder, std::string_view file, std::string name, SentenceFiles& files) {
  if (!is_there(folder / file)) return;
  const std::string text = read_text_file(checkpoint::file_inside(folder, file, kSource), kMostBytes);
  files.push_back({std::move(name), Json::parse(text, fmt::format("'{}'", (folder / file).string()))});
}

// The root has no module's config: the model's own is there.
void add_module(const fs::path& folder, const std::string& path, SentenceFiles& files) {
  if (path.empty() || !is_there(folder / path)) return;
  add_file(checkpoint::file_inside(folder, path, kSource), kModuleConfig, config_of_module(path), files);
}

bool is_known_name(std::string_view name) {
  if (name == kModulesFile || name == kLengthFile || name == kPromptsFile) return true;
  const std::size_t slash = name.find('/');
  return slash != std::string_view::npos && name.substr(slash + 1) == kModuleConfig && checkpoint::is_plain_name(name.substr(0, slash));
}

Json module(std::uint64_t index, std::string_view type, std::string_view path) {
  Json json = Json::object();
  json["idx"] = Json(index);
  json["name"] = Json(std::to_string(index));
  json["path"] = Json(path);
  json["type"] = Json(fmt::format("sentence_transformers.models.{}", type));
  return json;
}

}  // namespace

const Json* find_file(const SentenceFiles& files, std::string_view name) {
  const auto found = std::ranges::find(files, name, &SentenceFile::name);
  return found == files.end() ? nullptr : &found->content;
}

std::string config_of_module(std::string_view path) { return fmt::format("{}/{}", path, kModuleConfig); }

SentenceFiles read_sentence_files(const fs::path& folder) {
  SentenceFiles files;
  for (const std::string_view name : {kModulesFile, kLengthFile, kPromptsFile}) add_file(folder, name, std::string(name), files);
  const Json* found = find_file(files, kModulesFile);
  if (found == nullptr) return files;
  const Json modules = *found;  // the list below grows
  if (modules.as_array(kModulesFile).size() > kMostModules)
    fail(ErrorCode::malformed, "{} modules.json lists {} steps; at most {} make sense", kSource, modules.as_array(kModulesFile).size(),
         kMostModules);
  for (const Json& step : modules.as_array(kModulesFile))
    add_module(folder, step.at("path", kModulesFile).as_string("path in modules.json"), files);
  return files;
}

Json to_json(const SentenceFiles& files) {
  Json json = Json::object();
  for (const SentenceFile& file : files) json[file.name] = file.content;
  return json;
}

SentenceFiles sentence_files_of(const Json& json) {
  SentenceFiles files;
  for (const auto& [name, content] : json.as_object("the sentence model's files")) {
    if (!is_known_name(name) || files.size() > kMostModules)
      fail(ErrorCode::malformed, "{} a GGUF brings the file '{}', which is none of a sentence model's; the file is damaged", kSource,
           name.substr(0, 64));
    files.push_back({name, content});
  }
  return files;
}

SentenceFiles sentence_files_for(const Pooling& pooling, std::uint64_t width) {
  constexpr std::string_view kFolder = "1_Pooling";
  Json modules = Json::array(), config = Json::object();
  modules.push_back(module(0, "Transformer", ""));
  modules.push_back(module(1, "Pooling", kFolder));
  modules.push_back(module(2, "Normalize", "2_Normalize"));
  config["word_embedding_dimension"] = Json(width);
  for (const Pooling& each : all_poolings())
    if (!each.sentence_key.empty()) config[each.sentence_key] = Json(&each == &pooling);
  return {{std::string(kModulesFile), std::move(modules)}, {config_of_module(kFolder), std::move(config)}};
}

}  // namespace tightrope::tasks
