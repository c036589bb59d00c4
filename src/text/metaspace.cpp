// What the pre-tokenizer and the decoder called Metaspace share.
#include "text/metaspace.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "text/single_character.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "Metaspace";
constexpr std::array<std::string_view, 3> kSchemes = {"always", "never", "first"};

}  // namespace

MetaspaceOptions read_metaspace(const Json& description) {
  MetaspaceOptions options{.replacement = character_of(description, "replacement")};
  options.split = flag_of(description, "split", true);
  const Json* scheme = description.find("prepend_scheme");
  if (!is_absent(scheme)) {
    const auto found = std::ranges::find(kSchemes, scheme->as_string("prepend_scheme"));
    if (found == kSchemes.end()) fail_component("prepend_scheme", scheme->as_string("prepend_scheme"), "always, never, first");
    options.prepend = static_cast<MetaspaceOptions::Prepend>(found - kSchemes.begin());
  }
  if (!flag_of(description, "add_prefix_space", true)) {  // the older spelling
    if (!is_absent(scheme) && options.prepend != MetaspaceOptions::Prepend::never)
      fail(ErrorCode::malformed, "[tokenizer] Metaspace has add_prefix_space false, but prepend_scheme '{}'; the file is damaged",
           scheme->as_string("prepend_scheme"));
    options.prepend = MetaspaceOptions::Prepend::never;
  }
  return options;
}

Json write_metaspace(const MetaspaceOptions& options) {
  Json json = Json::object();
  json["type"] = kName;
  json["replacement"] = options.replacement;
  json["prepend_scheme"] = kSchemes.at(static_cast<std::size_t>(options.prepend));
  json["split"] = options.split;
  return json;
}

}  // namespace tightrope::text
