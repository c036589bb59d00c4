// The list of post-processors, reading them into a template and writing that.
#include "text/post_processors/post_processor.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"

namespace tightrope::text {

#define POST_PROCESSOR(name) extern const PostProcessorRow name##_post_processor;
#include "text/post_processors/list.inc"
#undef POST_PROCESSOR

namespace {

constexpr std::string_view kWhat = "post_processor";
constexpr std::size_t kProcessors = 256;  // in a Sequence

#define POST_PROCESSOR(name) &name##_post_processor,
const PostProcessorRow* const kPostProcessors[] = {
#include "text/post_processors/list.inc"
};
#undef POST_PROCESSOR

std::string known_names() {
  std::string names = "Sequence";
  for (const PostProcessorRow* row : kPostProcessors) names.append(", ").append(row->name);
  return names;
}

// Processors that add tokens do not nest: the reference cannot do it either.
void read_one(const Json& description, const std::vector<Token>& tokens, Template& around, bool& has_template) {
  const std::string& type = type_of(description, kWhat);
  const auto found = std::ranges::find(kPostProcessors, type, [](const auto* row) { return row->name; });
  if (found == std::end(kPostProcessors)) fail_component(kWhat, type, known_names());
  const Template before = around;
  (*found)->read(description, tokens, around);
  const bool changed = around.single != before.single || around.pair != before.pair;
  if (changed && has_template) fail_component(kWhat, type + " after another that adds tokens", "one that adds tokens");
  has_template = has_template || changed;
}

Json template_piece(const TemplatePiece& piece, const std::vector<Token>& tokens) {
  const bool token = piece.kind == TemplatePiece::Kind::token;
  const Json id = token ? Json(tokens.at(piece.id).piece) : Json(piece.kind == TemplatePiece::Kind::first ? "A" : "B");
  return Json(Json::Object{{token ? "SpecialToken" : "Sequence", Json(Json::Object{{"id", id}, {"type_id", std::uint64_t{piece.type}}})}});
}

Json write_template(const Template& around, const std::vector<Token>& tokens) {
  Json specials = Json::object();
  const auto pieces = [&](const std::vector<TemplatePiece>& list) {
    Json::Array written;
    for (const TemplatePiece& piece : list) {
      written.push_back(template_piece(piece, tokens));
      if (piece.kind != TemplatePiece::Kind::token) continue;
      const std::string& name = tokens.at(piece.id).piece;
      specials[name] = Json(Json::Object{{"id", name}, {"ids", Json::Array{std::uint64_t{piece.id}}}, {"tokens", Json::Array{name}}});
    }
    return written;
  };
  const Json single = pieces(around.single), pair = pieces(around.pair);
  return Json(Json::Object{{"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", specials}});
}

}  // namespace

TokenId token_of(const Json& id, const std::vector<Token>& tokens) {
  const std::uint64_t value = id.as_uint("an id of the template");
  if (value >= tokens.size() || tokens[value].kind == TokenKind::unused)
    fail(ErrorCode::malformed, "[tokenizer] the template uses id {}, which is no token; the file is damaged", value);
  return static_cast<TokenId>(value);
}

void read_cls_and_sep(const Json& description, const std::vector<Token>& tokens, std::size_t before_second, std::uint32_t second_type,
                      Template& around) {
  using Kind = TemplatePiece::Kind;
  const auto id_of = [&](std::string_view key) {
    const Json::Array& named = description.at(key, kWhat).as_array(key);  // spelling and id
    return token_of(named.size() == 2 ? named[1] : Json(), tokens);
  };
  const TokenId cls = id_of("cls"), sep = id_of("sep");
  around.single = {{Kind::token, cls, 0}, {Kind::first, 0, 0}, {Kind::token, sep, 0}};
  around.pair = around.single;
  around.pair.insert(around.pair.end(), before_second, {Kind::token, sep, second_type});
  around.pair.insert(around.pair.end(), {{Kind::second, 0, second_type}, {Kind::token, sep, second_type}});
}

Template read_post_processor(const Json* description, const std::vector<Token>& tokens) {
  Template around;
  bool has_template = false;
  if (is_absent(description)) return around;
  if (type_of(*description, kWhat) != "Sequence") {
    read_one(*description, tokens, around, has_template);
    return around;
  }
  const Json::Array& parts = description->at("processors", kWhat).as_array("processors");
  if (parts.size() > kProcessors) fail(ErrorCode::malformed, "[tokenizer] the post_processor has more than {} parts", kProcessors);
  for (const Json& part : parts) read_one(part, tokens, around, has_template);
  return around;
}

Json write_post_processor(const Template& around, const std::vector<Token>& tokens) {
  const Template plain;
  const bool adds = around.single != plain.single || around.pair != plain.pair;
  const Json trimming = Json(
      Json::Object{{"type", "ByteLevel"}, {"add_prefix_space", !around.trims_first_space}, {"trim_offsets", true}, {"use_regex", true}});
  if (!adds) return around.trims_spans ? trimming : Json();
  if (!around.trims_spans) return write_template(around, tokens);
  return Json(Json::Object{{"type", "Sequence"}, {"processors", Json::Array{trimming, write_template(around, tokens)}}});
}

}  // namespace tightrope::text
