// Text from standard input, of which there may be no end.
#pragma once

#include <string>
#include <string_view>

namespace tightrope::app {

// All of it. `operation` begins errors. Errors: invalid_argument (more than 64 MiB), interrupted.
std::string standard_input(std::string_view operation);

}  // namespace tightrope::app
