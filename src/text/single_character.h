// A description's member that is one character.
#pragma once

#include "base/json.h"
#include "text/utf8.h"

namespace tightrope::text {

// Errors: malformed, when it is not exactly one code point.
std::string character_of(const Json& description, std::string_view key);

}  // namespace tightrope::text
