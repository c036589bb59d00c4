// The escapes of a string in a template, as Python reads them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tightrope::text::jinja {

// `body` is what stands between the quotes. Errors: malformed, unsupported, with the line.
std::string unescaped(std::string_view body, std::uint32_t line);

}  // namespace tightrope::text::jinja
