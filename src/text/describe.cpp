// A tokenizer in a few words, for people.
#include "text/components.h"
#include "text/models/model.h"
#include "text/tokenizer_json.h"
#include "text/word_patterns.h"

namespace tightrope::text {
namespace {

// The pattern's name where it is a known one, else the component's type.
std::string name_of(const PreTokenizer& pre_tokenizer) {
  const Json description = pre_tokenizer.write();
  const std::string& type = description.at("type", "a component").as_string("type");
  const Json* pattern = description.find("pattern");
  const Json* regex = pattern == nullptr ? nullptr : pattern->find("Regex");
  const WordPattern* known = regex == nullptr ? nullptr : find_word_pattern(regex->as_string("Regex"));
  if (known != nullptr) return std::string(known->name);
  return type == "ByteLevel" && flag_of(description, "use_regex", true) ? std::string(gpt2_words().name) : type;
}

}  // namespace

std::string describe(const TokenizerDefinition& definition) {
  const auto& list = definition.pre_tokenizers;
  const bool spells_bytes = !list.empty() && list.back()->without_spelling() != nullptr;
  std::string text = (spells_bytes ? "byte-level " : "") + std::string(model_row(definition.model).name);
  for (const PreTokenizerPointer& pre_tokenizer : list) {
    const std::string name = name_of(*pre_tokenizer);
    if (name != "ByteLevel") text += ", " + name;
  }
  return text;
}

}  // namespace tightrope::text
