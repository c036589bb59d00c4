// ByteLevel: spans without spaces on request; no tokens.
#include "text/post_processors/post_processor.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "ByteLevel";

void read(const Json& description, const std::vector<Token>&, Template& around) {
  if (!flag_of(description, "trim_offsets", true)) return;
  around.trims_spans = true;
  around.trims_first_space = !flag_of(description, "add_prefix_space", true);
}

}  // namespace

extern const PostProcessorRow byte_level_post_processor{kName, read};

}  // namespace tightrope::text
