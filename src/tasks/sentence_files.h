// The files that sentence-transformers puts beside a model, as they travel: from a folder, inside a GGUF, into a folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "tasks/pooling.h"

namespace tightrope::tasks {

inline constexpr std::string_view kModulesFile = "modules.json", kLengthFile = "sentence_bert_config.json",
                                  kPromptsFile = "config_sentence_transformers.json", kModuleConfig = "config.json";

struct SentenceFile {
  std::string name;  // below the model's folder: "modules.json", "1_Pooling/config.json"
  Json content;
};
using SentenceFiles = std::vector<SentenceFile>;

// Null when it is not among them.
const Json* find_file(const SentenceFiles& files, std::string_view name);
// Of a module's folder, as modules.json names it.
std::string config_of_module(std::string_view path);

// Of a model's folder; empty where it has none. Errors: malformed (a path that leaves the folder, too), io.
SentenceFiles read_sentence_files(const std::filesystem::path& folder);

// One object, by name. Errors of the way back: malformed (a name that sentence-transformers does not have, too).
Json to_json(const SentenceFiles& files);
SentenceFiles sentence_files_of(const Json& json);

// Files that ask for a pooling of vectors of `width`, and for vectors of length 1. The pooling must have a sentence_key.
SentenceFiles sentence_files_for(const Pooling& pooling, std::uint64_t width);

}  // namespace tightrope::tasks
