// Shared options.
#include "options.h"

namespace tightrope::app {

void add_model(Verb& verb, std::string& model) {
  verb.option("MODEL,-m,--model", model, "PATH", "Hugging Face folder, .safetensors or .gguf", {.required = true});
}

void add_output(Verb& verb, std::string& output, const std::string& help) {
  verb.option("-o,--output", output, "PATH", help, {.required = true});
}

void add_threads(Verb& verb, unsigned& threads) {
  verb.option("-t,--threads", threads, "N", "Threads; 0 means every available core", {.most = 4096});
}

void add_compute(Verb& verb, unsigned& threads, bool& exact) {
  add_threads(verb, threads);
  verb.flag("--exact", exact, "Keep activations in float32 with every weight format (slower)");
}

void add_json(Verb& verb, bool& json) { verb.flag("--json", json, "Print one JSON document and nothing else"); }

void add_force(Verb& verb, bool& force) { verb.flag("--force", force, "Replace the output when it exists"); }

void add_adapter(Verb& verb, std::string& adapter) {
  verb.option("--adapter", adapter, "DIR", "A PEFT adapter (LoRA, rsLoRA, DoRA) to apply as the model runs");
}

Model load_with(const std::string& model, const std::string& adapter) {
  const Model base = Model::load(model);
  return adapter.empty() ? base : base.with_adapter(adapter);
}

}  // namespace tightrope::app
