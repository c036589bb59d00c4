// RobertaProcessing: <s> A </s></s> B </s>, all of type 0, and spans without spaces on request.
#include "text/post_processors/post_processor.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "RobertaProcessing";

void read(const Json& description, const std::vector<Token>& tokens, Template& around) {
  read_cls_and_sep(description, tokens, 1, 0, around);
  around.trims_spans = description.at("trim_offsets", kName).as_bool("trim_offsets");
  around.trims_first_space = !description.at("add_prefix_space", kName).as_bool("add_prefix_space");
}

}  // namespace

extern const PostProcessorRow roberta_post_processor{kName, read};

}  // namespace tightrope::text
