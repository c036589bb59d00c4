// Small models with random weights, made in memory from an architecture's row.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/random.h"
#include "model/model.h"

namespace tightrope::testing {

// Two blocks, grouped heads; every row length is a multiple of 32, so that formats of 32-weight blocks can hold it.
model::Config small_config();
// Extents that are multiples of nothing: 36 wide, heads of 10.
model::Config odd_config();

// Normal values around `centre`, encoded in `format`.
model::Weight random_weight(const Shape& shape, double centre, double deviation, const formats::Format& format, Random& random);

// Norms near 1, biases and matrices such that activations stay near 1. Matrices are stored in `format`, vectors as f32. Biases where the
// config has them.
model::Model random_model(const model::Arch& arch, const model::Config& config, std::uint64_t seed, std::string_view format = "f32");

}  // namespace tightrope::testing
