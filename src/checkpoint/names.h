// What a key or tensor name may be, and how an untrusted one is shown in a message.
#pragma once

#include <string>
#include <string_view>

namespace tightrope::checkpoint {

// Well-formed UTF-8 as Unicode defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// A name that every reader sees the same way: not empty, UTF-8, no NUL.
bool is_clean_name(std::string_view name);

// The name in single quotes, control characters and invalid bytes escaped, cut after 96 bytes: safe on a terminal and in a log.
std::string quote(std::string_view name);

}  // namespace tightrope::checkpoint
