// BertProcessing: [CLS] A [SEP] B [SEP], the second sequence of type 1.
#include "text/post_processors/post_processor.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "BertProcessing";

void read(const Json& description, const std::vector<Token>& tokens, Template& around) {
  using Kind = TemplatePiece::Kind;
  const auto id_of = [&](std::string_view key) {
    const Json::Array& named = description.at(key, kName).as_array(key);  // spelling and id
    return token_of(named.size() == 2 ? named[1] : Json(), tokens);
  };
  const TokenId cls = id_of("cls"), sep = id_of("sep");
  around.single = {{Kind::token, cls, 0}, {Kind::first, 0, 0}, {Kind::token, sep, 0}};
  around.pair = around.single;
  around.pair.insert(around.pair.end(), {{Kind::second, 0, 1}, {Kind::token, sep, 1}});
}

}  // namespace

extern const PostProcessorRow bert_post_processor{kName, read};

}  // namespace tightrope::text
