// What puts tokens around the text: each kind is one file and one row of a list, and becomes a template.
#pragma once

#include "text/components.h"

namespace tightrope::text {

struct PostProcessorRow {
  std::string_view name;
  void (*read)(const Json& description, const std::vector<Token>& tokens, Template& around);
};

// An id that a post-processor names. Errors: malformed, when there is no such token.
TokenId token_of(const Json& id, const std::vector<Token>& tokens);

// "cls" and "sep" of BertProcessing and RobertaProcessing: cls A sep, and for pairs `before_second` times sep, B and sep of `second_type`
// after that.
void read_cls_and_sep(const Json& description, const std::vector<Token>& tokens, std::size_t before_second, std::uint32_t second_type,
                      Template& around);

}  // namespace tightrope::text
