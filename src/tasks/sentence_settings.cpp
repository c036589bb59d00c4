// The steps of modules.json, each a row, and the two files beside it.
#include "tasks/sentence_settings.h"

#include "base/error.h"

namespace tightrope::tasks {
namespace {

constexpr std::string_view kSource = "[embed]";
constexpr std::size_t kMostPoolings = 8;

bool flag(const Json& json, std::string_view key, bool otherwise) {
  const Json* value = json.find(key);
  return value == nullptr || value->is_null() ? otherwise : value->as_bool(key);
}

void add_pooling(std::string_view word, SentenceSettings& settings) {
  for (const Pooling& pooling : all_poolings())
    if (!pooling.sentence_key.empty() && (word == pooling.name || (word == "lasttoken" && pooling.name == "last")))
      return settings.poolings.push_back(&pooling);
  settings.unsettled =
      fmt::format("{} the pooling mode '{}' of the model's files is not supported; choose one with --pooling", kSource, word.substr(0, 64));
}

// Newer files name the modes in a word or a list; older ones have a switch for each.
void read_pooling(const Json& json, SentenceSettings& settings) {
  settings.pools_prompt = flag(json, "include_prompt", true);
  const Json* modes = json.find("pooling_mode");
  if (modes != nullptr && modes->is_string()) add_pooling(modes->as_string("pooling_mode"), settings);
  if (modes != nullptr && modes->is_array())
    for (const Json& mode : modes->as_array("pooling_mode")) add_pooling(mode.as_string("pooling_mode"), settings);
  if (modes == nullptr)
    for (const Pooling& pooling : all_poolings())
      if (!pooling.sentence_key.empty() && flag(json, pooling.sentence_key, false)) settings.poolings.push_back(&pooling);
  if (settings.unsettled.empty() && (settings.poolings.empty() || settings.poolings.size() > kMostPoolings))
    settings.unsettled =
        fmt::format("{} the model's pooling config chooses {} poolings; choose one with --pooling", kSource, settings.poolings.size());
}

void read_length(const Json& json, SentenceSettings& settings) {
  if (const Json* most = json.find("max_seq_length"); most != nullptr && !most->is_null())
    settings.most_tokens = most->as_uint("max_seq_length");
  if (flag(json, "do_lower_case", false))
    settings.unsupported =
        fmt::format("{} sentence_bert_config.json asks for lower-case texts (do_lower_case), which is not supported", kSource);
}

void read_prompts(const Json& json, SentenceSettings& settings) {
  if (const Json* prompts = json.find("prompts"); prompts != nullptr && !prompts->is_null())
    for (const auto& [name, text] : prompts->as_object("prompts")) settings.prompts.emplace_back(name, text.as_string("a prompt"));
  const Json* usual = json.find("default_prompt_name");
  if (usual != nullptr && !usual->is_null()) settings.default_prompt = usual->as_string("default_prompt_name");
}

// A step after the model by the last part of its type: "sentence_transformers.models.Pooling". `config` is null where it has none.
struct Step {
  std::string_view name;
  void (*read)(const Json& config, SentenceSettings& settings);
};
constexpr Step kSteps[] = {
    {"Transformer", [](const Json&, SentenceSettings&) {}},
    {"Pooling", read_pooling},
    {"Normalize", [](const Json&, SentenceSettings& settings) { settings.normalize = true; }},
};

void read_module(const SentenceFiles& files, const Json& module, SentenceSettings& settings) {
  const std::string& type = module.at("type", kModulesFile).as_string("type in modules.json");
  const std::string& path = module.at("path", kModulesFile).as_string("path in modules.json");
  const std::string_view name = std::string_view(type).substr(type.rfind('.') + 1);
  const Json* config = find_file(files, config_of_module(path));
  for (const Step& step : kSteps)
    if (step.name == name) return step.read(config == nullptr ? Json() : *config, settings);
  settings.unsupported = fmt::format(
      "{} the model's modules.json has a step of type '{}', which is not supported; known are Transformer, "
      "Pooling and Normalize",
      kSource, name.substr(0, 64));
}

}  // namespace

SentenceSettings settings_of(const SentenceFiles& files) {
  SentenceSettings settings;
  if (const Json* modules = find_file(files, kModulesFile); modules != nullptr)
    for (const Json& module : modules->as_array(kModulesFile)) read_module(files, module, settings);
  if (const Json* json = find_file(files, kLengthFile); json != nullptr) read_length(*json, settings);
  if (const Json* json = find_file(files, kPromptsFile); json != nullptr) read_prompts(*json, settings);
  return settings;
}

std::optional<std::uint64_t> gguf_type_of(const SentenceSettings& settings) {
  const bool sayable = settings.unsettled.empty() && settings.unsupported.empty() && settings.poolings.size() == 1;
  if (!sayable || settings.poolings.front()->gguf_type < 0) return std::nullopt;
  return static_cast<std::uint64_t>(settings.poolings.front()->gguf_type);
}

}  // namespace tightrope::tasks
