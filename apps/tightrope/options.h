// Options that several verbs share, so that they read the same everywhere.
#pragma once

#include <string>

#include "program.h"
#include "tightrope/model.h"

namespace tightrope::app {

void add_model(Verb& verb, std::string& model);                             // positional, or -m
void add_output(Verb& verb, std::string& output, const std::string& help);  // -o
void add_compute(Verb& verb, unsigned& threads, bool& exact);               // -t, --exact
void add_threads(Verb& verb, unsigned& threads);                            // -t
void add_json(Verb& verb, bool& json);
void add_force(Verb& verb, bool& force);
void add_adapter(Verb& verb, std::string& adapter);  // --adapter

// The model, with the adapter unless that is empty.
Model load_with(const std::string& model, const std::string& adapter);

}  // namespace tightrope::app
