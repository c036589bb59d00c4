// The numbers a family needs beside those that all have, so that a random model of any family can be made.
#pragma once

#include "model/config.h"

namespace tightrope::testing {

// `config` with what the rows of `arch` ask for: positions, types, experts, a bottleneck, windows … The head is a language model's where
// the family has one, else the family's first.
model::Config family_config(const model::Arch& arch, model::Config config);

}  // namespace tightrope::testing
