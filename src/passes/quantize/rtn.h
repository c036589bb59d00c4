// The options of round-to-nearest as a recipe holds them.
#pragma once

#include "base/json.h"
#include "tightrope/passes.h"

namespace tightrope::passes {

Json to_json(const Quantize& options);

}  // namespace tightrope::passes
