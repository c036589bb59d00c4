// TemplateProcessing: tokens and sequences in the order that the file spells out.
#include "base/error.h"
#include "text/post_processors/post_processor.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "TemplateProcessing";
constexpr std::size_t kPieces = 4096;  // in a template

void append(std::vector<TemplatePiece>& pieces, TemplatePiece piece) {
  if (pieces.size() == kPieces) fail(ErrorCode::malformed, "[tokenizer] a template has more than {} pieces", kPieces);
  pieces.push_back(piece);
}

// One special token may stand for several ids.
void append_special(const Json& special, std::uint32_t type, const Json& specials, const std::vector<Token>& tokens,
                    std::vector<TemplatePiece>& pieces) {
  const std::string& name = special.at("id", "a SpecialToken of the template").as_string("id");
  const Json& entry = specials.at(name, "special_tokens of the template");
  for (const Json& id : entry.at("ids", "a special token of the template").as_array("ids"))
    append(pieces, {TemplatePiece::Kind::token, token_of(id, tokens), type});
}

std::uint32_t type_id_of(const Json& piece) {
  const std::uint64_t type = piece.at("type_id", "a piece of the template").as_uint("type_id");
  if (type > 0xffffffffu) fail(ErrorCode::malformed, "[tokenizer] the type {} of a template is out of range; the file is damaged", type);
  return static_cast<std::uint32_t>(type);
}

std::vector<TemplatePiece> read_pieces(const Json& list, const Json& specials, const std::vector<Token>& tokens, std::size_t sequences) {
  std::vector<TemplatePiece> pieces;
  std::size_t seen[2] = {0, 0};
  for (const Json& piece : list.as_array("a template")) {
    if (const Json* special = piece.find("SpecialToken")) {
      append_special(*special, type_id_of(*special), specials, tokens, pieces);
      continue;
    }
    const Json& sequence = piece.at("Sequence", kName);
    const std::string& name = sequence.at("id", "Sequence").as_string("id");
    if (name != "A" && name != "B") fail_component("sequence of a template", name, "A, B");
    ++seen[name == "B"];
    append(pieces, {name == "A" ? TemplatePiece::Kind::first : TemplatePiece::Kind::second, 0, type_id_of(sequence)});
  }
  if (seen[0] != 1 || seen[1] != sequences - 1)
    fail_component("template", sequences == 1 ? "single" : "pair", "each sequence exactly once");
  return pieces;
}

void read(const Json& description, const std::vector<Token>& tokens, Template& around) {
  const Json& specials = description.at("special_tokens", kName);
  around.single = read_pieces(description.at("single", kName), specials, tokens, 1);
  around.pair = read_pieces(description.at("pair", kName), specials, tokens, 2);
}

}  // namespace

extern const PostProcessorRow template_post_processor{kName, read};

}  // namespace tightrope::text
