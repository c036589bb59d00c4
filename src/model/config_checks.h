// What every configuration must obey, whatever file its numbers came from.
#pragma once

#include <string_view>

#include "model/config.h"

namespace tightrope::model {

// Throws malformed, naming the number, unless it is in 1 … limit.
void check_extent(std::uint64_t value, std::uint64_t limit, std::string_view name);

// Extents that a file need not spell: key-value heads, the embedding's width, groups, variants.
void complete_config(Config& config);

// The ranges of all numbers and what they must be to each other. `source` names the file in errors.
void check_config(const Config& config, std::string_view source);

// The shortest decimal that is the same float, as a double: 1e-05 where the float is 9.99999975e-06.
double as_written(float value);

}  // namespace tightrope::model
