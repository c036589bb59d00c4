// Replacing literal text.
#pragma once

#include <string>
#include <string_view>

namespace tightrope::text {

// `text` with every `old`, from left to right, as `replacement`. Requires a non-empty `old`.
std::string replaced(std::string_view text, std::string_view old, std::string_view replacement);

}  // namespace tightrope::text
