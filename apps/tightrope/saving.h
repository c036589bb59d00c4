// Writing a model, with progress and a closing line: what convert and quantize share.
#pragma once

#include <string>

#include "tightrope/model.h"

namespace tightrope::app {

struct Saving {
  std::string output;
  bool force = false, json = false;
  unsigned threads = 0;
};

// Saves `changed`, made from `original`, and prints what it came to (with json: what `inspect --json` prints of the output).
void save_with_summary(const Model& original, const Model& changed, const Saving& options);

}  // namespace tightrope::app
