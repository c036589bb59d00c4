// Options that several verbs share, so that they read the same everywhere.
#pragma once

#include <string>

#include "program.h"

namespace tightrope::app {

void add_model(Verb& verb, std::string& model);                             // positional, or -m
void add_output(Verb& verb, std::string& output, const std::string& help);  // -o
void add_threads(Verb& verb, unsigned& threads);                            // -t
void add_json(Verb& verb, bool& json);
void add_force(Verb& verb, bool& force);

}  // namespace tightrope::app
