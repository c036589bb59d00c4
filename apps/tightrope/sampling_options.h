// How tokens are chosen, for the verbs that generate.
#pragma once

#include "program.h"
#include "tightrope/options.h"

namespace tightrope::app {

void add_sampling(Verb& verb, Sampling& sampling);

}  // namespace tightrope::app
