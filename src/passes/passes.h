// Every one-shot pass there is.
#pragma once

#include <span>
#include <string_view>

#include "recipe/pass.h"

namespace tightrope::passes {

std::span<const recipe::PassEntry* const> all();
// Throws not_found listing the names.
const recipe::PassEntry& get(std::string_view name);

}  // namespace tightrope::passes
