// Writing a model, with progress and a closing line: what convert, merge and quantize share.
#pragma once

#include <string>

#include "program.h"
#include "tightrope/model.h"

namespace tightrope::app {

struct Saving {
  std::string output;
  bool force = false, json = false;
  unsigned threads = 0;
};

// -t, --force and --json; -o has words of its own in each verb.
void add_saving(Verb& verb, Saving& saving);
// --type, one of the plain formats.
void add_plain_type(Verb& verb, std::string& type, const std::string& help);

// Saves `changed`, made from `original`, and prints what it came to (with json: what `inspect --json` prints of the output).
void save_with_summary(const Model& original, const Model& changed, const Saving& options);

}  // namespace tightrope::app
