// The tiny models that golden numbers exist for: every family with each of its heads, and families whose blocks may differ with such
// blocks.
#pragma once

#include <string>
#include <vector>

#include "model/model.h"

namespace tightrope::test {

struct TinyFamily {
  std::string name;  // "llama-LlamaForCausalLM"
  const model::Arch* arch;
  model::Config config;

  model::Model model() const;  // float32, seed 1
};

std::vector<TinyFamily> tiny_families();

}  // namespace tightrope::test
