// Raising errors with a formatted message.
#pragma once

#include <fmt/format.h>

#include "tightrope/error.h"

namespace tightrope {

// fail(ErrorCode::malformed, "[gguf] tensor '{}' ends at byte {} of a {}-byte file; the download is probably incomplete", …)
template <class... Arguments>
[[noreturn]] void fail(ErrorCode code, fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  throw Error(code, fmt::format(text, std::forward<Arguments>(arguments)...));
}

}  // namespace tightrope
