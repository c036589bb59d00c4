// WhitespaceSplit: what stands between spaces.
#include "text/splitting.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "WhitespaceSplit";

void apply(Pieces& pieces) {
  const auto spaces = class_pattern(kSpace);
  split(pieces, *spaces, Behavior::removed, false);
}

PreTokenizerPointer read(const Json&) { return std::make_shared<const Plain<PreTokenizer, apply>>(kName); }

}  // namespace

extern const ComponentRow<PreTokenizer> whitespace_split_pre_tokenizer{kName, read};

}  // namespace tightrope::text
