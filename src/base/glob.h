// Shell-style patterns over names.
#pragma once

#include <string_view>

namespace tightrope {

// '*' stands for any run of characters, dots included; '?' for one. Linear in pattern times name.
bool glob_match(std::string_view pattern, std::string_view name);

}  // namespace tightrope
