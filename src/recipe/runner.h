// The one way to run a pass: timed, checked afterwards, recorded.
#pragma once

#include "recipe/pass.h"

namespace tightrope::recipe {

struct StepResult {
  model::Model model;
  Json record;  // {"pass", "options", "bytes_before", "bytes_after"} and perhaps "gguf_file_type": what a recipe needs to repeat the step
  std::vector<std::string> notices;
};

// Errors: those of the pass; internal when the pass broke its promises (a tensor lost, added or of another shape).
StepResult run_pass(const PassEntry& pass, const Json& options, const model::Model& model, const formats::Codec& codec);

}  // namespace tightrope::recipe
