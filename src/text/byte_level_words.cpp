// How byte-level BPE tokenizers cut text, as components.
#include "base/error.h"
#include "text/components.h"
#include "text/word_patterns.h"

namespace tightrope::text {
namespace {

Json byte_level(bool add_prefix_space, bool use_regex) {
  return Json(
      Json::Object{{"type", "ByteLevel"}, {"add_prefix_space", add_prefix_space}, {"trim_offsets", true}, {"use_regex", use_regex}});
}

std::string known_names() {
  std::string names;
  for (const WordPattern& row : word_patterns()) names.append(names.empty() ? "" : ", ").append(row.name);
  return names;
}

}  // namespace

std::vector<PreTokenizerPointer> byte_level_words(std::string_view pattern_name, bool add_prefix_space) {
  const WordPattern* row = find_word_pattern_by_name(pattern_name);
  if (row == nullptr) fail_component("pattern of words", pattern_name, known_names());
  if (row == &gpt2_words()) {
    const Json description = byte_level(add_prefix_space, true);
    return read_pre_tokenizers(&description);
  }
  const Json pattern = Json(Json::Object{{"Regex", row->spellings.front()}});
  const Json split = Json(Json::Object{{"type", "Split"}, {"pattern", pattern}, {"behavior", "Isolated"}, {"invert", false}});
  const Json sequence =
      Json(Json::Object{{"type", "Sequence"}, {"pretokenizers", Json::Array{split, byte_level(add_prefix_space, false)}}});
  return read_pre_tokenizers(&sequence);
}

std::vector<DecoderPointer> byte_level_decoders() {
  const Json description = byte_level(true, true);
  return read_decoders(&description);
}

}  // namespace tightrope::text
