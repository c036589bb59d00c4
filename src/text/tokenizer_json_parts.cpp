// The components around the model in a tokenizer.json: which of them we support, and what they add to a definition.
#include "text/tokenizer_json_parts.h"

#include "base/error.h"
#include "text/pre_tokenizer.h"

namespace tightrope::text {
namespace {

bool absent(const Json* value) { return value == nullptr || value->is_null(); }

const std::string& type_of(const Json& component, std::string_view what) { return component.at("type", what).as_string("type"); }

bool flag_of(const Json& component, std::string_view key, bool when_absent) {
  const Json* value = component.find(key);
  return value == nullptr ? when_absent : value->as_bool(key);
}

[[noreturn]] void fail_component(std::string_view what, std::string_view type, std::string_view supported) {
  fail(ErrorCode::unsupported, "[tokenizer] the {} '{}' of tokenizer.json is not supported; supported: {}", what, type, supported);
}

void check_empty(const Json& model, std::string_view key) {
  const Json* value = model.find(key);
  if (!absent(value) && !value->as_string(key).empty())
    fail_component(key, value->as_string(key), "none (byte-level BPE has no such affix)");
}

void check_false(const Json& model, std::string_view key) {
  if (flag_of(model, key, false)) fail_component("option", key, "false");
}

void read_byte_level(const Json& component, BpeDefinition& definition) {
  if (!flag_of(component, "use_regex", true)) fail_component("pre_tokenizer", "ByteLevel without use_regex", "a Split before it");
  for (const PreTokenizer& row : pre_tokenizers()) {
    if (row.is_byte_level_default) definition.pre_tokenizer = row.name;
  }
  definition.add_prefix_space = component.at("add_prefix_space", "ByteLevel").as_bool("add_prefix_space");
}

void read_split(const Json& split, BpeDefinition& definition) {
  const std::string& behavior = split.at("behavior", "Split").as_string("behavior");
  const bool invert = flag_of(split, "invert", false);
  // The known patterns leave no gap between matches, so removing the gaps is the same as isolating the matches.
  const bool keeps_matches = (behavior == "Isolated" && !invert) || (behavior == "Removed" && invert);
  if (!keeps_matches) fail_component("behavior of Split", behavior, "Isolated");
  const Json* pattern = split.at("pattern", "Split").find("Regex");
  if (pattern == nullptr) fail_component("pattern of Split", "String", "Regex");
  const PreTokenizer* row = find_pre_tokenizer_by_pattern(pattern->as_string("pattern of Split"));
  if (row == nullptr) fail_component("pre_tokenizer pattern", pattern->as_string("pattern"), "the patterns of " + known_pre_tokenizers());
  definition.pre_tokenizer = row->name;
}

void read_sequence(const Json::Array& parts, BpeDefinition& definition) {
  constexpr std::string_view kWhat = "pre_tokenizer of tokenizer.json";
  if (parts.size() == 1 && type_of(parts[0], kWhat) == "ByteLevel") return read_byte_level(parts[0], definition);
  if (parts.size() != 2 || type_of(parts[0], kWhat) != "Split" || type_of(parts[1], kWhat) != "ByteLevel")
    fail_component("pre_tokenizer", "Sequence", "a Sequence of Split and ByteLevel, or ByteLevel alone");
  if (flag_of(parts[1], "use_regex", true)) fail_component("pre_tokenizer", "Split, then ByteLevel with use_regex", "use_regex false");
  if (flag_of(parts[1], "add_prefix_space", true))
    fail_component("pre_tokenizer", "Split, then ByteLevel with add_prefix_space", "add_prefix_space false");
  read_split(parts[0], definition);
}

// The ids of one special token of a template.
void append_special(const Json& piece, const Json& specials, std::vector<TokenId>& ids, const std::vector<Token>& tokens) {
  const std::string& name = piece.at("id", "a SpecialToken of the template").as_string("id");
  const Json& entry = specials.at(name, "special_tokens of the template");
  for (const Json& id : entry.at("ids", "a special token of the template").as_array("ids")) {
    const std::uint64_t value = id.as_uint("an id of the template");
    if (value >= tokens.size() || tokens[value].kind == TokenKind::unused)
      fail(ErrorCode::malformed, "[tokenizer] the template uses id {}, which is no token; the file is damaged", value);
    ids.push_back(static_cast<TokenId>(value));
  }
}

// Wraps what earlier processors have put around the text.
void read_template(const Json& processor, BpeDefinition& definition) {
  constexpr std::string_view kWhat = "TemplateProcessing";
  const Json& specials = processor.at("special_tokens", kWhat);
  std::vector<TokenId> prefix, suffix;
  bool seen = false;
  for (const Json& piece : processor.at("single", kWhat).as_array("single")) {
    if (const Json* special = piece.find("SpecialToken")) {
      append_special(*special, specials, seen ? suffix : prefix, definition.tokens);
      continue;
    }
    const std::string& name = piece.at("Sequence", kWhat).at("id", "Sequence").as_string("id");
    if (name != "A" || seen) fail_component("template", "single with " + name, "exactly one sequence A");
    seen = true;
  }
  if (!seen) fail_component("template", "single without a sequence", "exactly one sequence A");
  prefix.insert(prefix.end(), definition.prefix.begin(), definition.prefix.end());
  definition.prefix = std::move(prefix);
  definition.suffix.insert(definition.suffix.end(), suffix.begin(), suffix.end());
}

void read_one_post_processor(const Json& processor, BpeDefinition& definition) {
  const std::string& type = type_of(processor, "post_processor of tokenizer.json");
  if (type == "ByteLevel") return;  // it changes offsets only
  if (type != "TemplateProcessing") fail_component("post_processor", type, "none, ByteLevel, TemplateProcessing, a Sequence of these");
  read_template(processor, definition);
}

}  // namespace

void check_model_options(const Json& model) {
  if (const Json* type = model.find("type"); type != nullptr && type->as_string("type of the model") != "BPE")
    fail_component("model", type->as_string("type"), "BPE");
  check_empty(model, "continuing_subword_prefix");
  check_empty(model, "end_of_word_suffix");
  check_false(model, "fuse_unk");
  check_false(model, "byte_fallback");
  const Json* dropout = model.find("dropout");
  if (!absent(dropout) && dropout->as_double("dropout") != 0) fail_component("option", "dropout", "none");
}

void check_normalizer(const Json* normalizer) {
  if (!absent(normalizer)) fail_component("normalizer", type_of(*normalizer, "normalizer of tokenizer.json"), "none");
}

void check_decoder(const Json* decoder) {
  if (absent(decoder)) return;
  const std::string& type = type_of(*decoder, "decoder of tokenizer.json");
  if (type != "ByteLevel") fail_component("decoder", type, "ByteLevel");
}

void read_pre_tokenizer(const Json& pre_tokenizer, BpeDefinition& definition) {
  constexpr std::string_view kWhat = "pre_tokenizer of tokenizer.json";
  if (pre_tokenizer.is_null()) fail_component("pre_tokenizer", "null", "ByteLevel, or a Sequence of Split and ByteLevel");
  const std::string& type = type_of(pre_tokenizer, kWhat);
  if (type == "ByteLevel") return read_byte_level(pre_tokenizer, definition);
  if (type != "Sequence") fail_component("pre_tokenizer", type, "ByteLevel, or a Sequence of Split and ByteLevel");
  read_sequence(pre_tokenizer.at("pretokenizers", kWhat).as_array(kWhat), definition);
}

void read_post_processor(const Json* processor, BpeDefinition& definition) {
  if (absent(processor)) return;
  constexpr std::string_view kWhat = "post_processor of tokenizer.json";
  if (type_of(*processor, kWhat) != "Sequence") return read_one_post_processor(*processor, definition);
  for (const Json& part : processor->at("processors", kWhat).as_array(kWhat)) read_one_post_processor(part, definition);
}

}  // namespace tightrope::text
