// SHA-256 (FIPS 180-4), for naming texts by their content.
#pragma once

#include <string>
#include <string_view>

namespace tightrope {

std::string sha256(std::string_view bytes);  // 64 hexadecimal digits

}  // namespace tightrope
