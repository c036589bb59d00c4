// Base64, both ways.
#pragma once

#include <string>
#include <string_view>

namespace tightrope::text {

// Errors: malformed, naming `what`.
std::string decoded_base64(std::string_view text, std::string_view what);
std::string encoded_base64(std::string_view bytes);

}  // namespace tightrope::text
