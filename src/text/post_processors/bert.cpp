// BertProcessing: [CLS] A [SEP] B [SEP], the second sequence of type 1.
#include "text/post_processors/post_processor.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "BertProcessing";

void read(const Json& description, const std::vector<Token>& tokens, Template& around) {
  read_cls_and_sep(description, tokens, 0, 1, around);
}

}  // namespace

extern const PostProcessorRow bert_post_processor{kName, read};

}  // namespace tightrope::text
