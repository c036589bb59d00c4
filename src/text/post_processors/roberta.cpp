// RobertaProcessing: <s> A </s></s> B </s>, all of type 0, and spans without spaces on request.
#include "text/post_processors/post_processor.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "RobertaProcessing";

void read(const Json& description, const std::vector<Token>& tokens, Template& around) {
  using Kind = TemplatePiece::Kind;
  const auto id_of = [&](std::string_view key) {
    const Json::Array& named = description.at(key, kName).as_array(key);  // spelling and id
    return token_of(named.size() == 2 ? named[1] : Json(), tokens);
  };
  const TokenId cls = id_of("cls"), sep = id_of("sep");
  around.single = {{Kind::token, cls, 0}, {Kind::first, 0, 0}, {Kind::token, sep, 0}};
  around.pair = around.single;
  around.pair.insert(around.pair.end(), {{Kind::token, sep, 0}, {Kind::second, 0, 0}, {Kind::token, sep, 0}});
  around.trims_spans = description.at("trim_offsets", kName).as_bool("trim_offsets");
  around.trims_first_space = !description.at("add_prefix_space", kName).as_bool("add_prefix_space");
}

}  // namespace

extern const PostProcessorRow roberta_post_processor{kName, read};

}  // namespace tightrope::text
