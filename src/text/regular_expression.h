// Regular expressions that no scanner knows, by PCRE2: compiled just in time, within limits.
#pragma once

#include <memory>
#include <string_view>

#include "text/pattern.h"

namespace tightrope::text {

// Errors: unsupported, when PCRE2 does not understand it; find raises invalid_argument at a limit.
std::unique_ptr<const Pattern> general_pattern(std::string_view expression);

}  // namespace tightrope::text
