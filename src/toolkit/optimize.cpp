// optimize: runs a pass from the registry on a model handle.
#include "tightrope/optimize.h"

#include "passes/passes.h"
#include "passes/quantize/mix.h"
#include "passes/quantize/rtn.h"
#include "recipe/runner.h"
#include "toolkit/model_handle.h"

namespace tightrope {

std::vector<QuantizationType> quantization_types() {
  std::vector<QuantizationType> types;
  for (const passes::Mix& mix : passes::all_mixes()) {
    const formats::Format& base = formats::get(mix.base);
    const bool mixed = !mix.rules.empty() || (!mix.head.empty() && mix.head != mix.base);
    types.push_back({std::string(mix.name), std::string(base.summary), base.bits_per_element(), mixed});
  }
  return types;
}

Model optimize(const Model& base, const Quantize& pass) {
  recipe::StepResult step =
      recipe::run_pass(passes::get("rtn"), passes::to_json(pass), base.implementation().model, toolkit::machine_codec());
  return toolkit::derived(base, std::move(step.model), step.record, step.notices);
}

}  // namespace tightrope
