// tightrope merge: an adapter's numbers into the weights.
#include "options.h"
#include "saving.h"
#include "verbs.h"

namespace tightrope::app {
namespace {

struct Options {
  std::string model, adapter, type;
  Saving saving;
};

void run(const Options& options) {
  const Model base = Model::load(options.model);
  const Model merged = base.with_adapter(options.adapter).merged(options.type);
  // What the adapter leaves alone takes the type, too; as in convert, a GGUF keeps norms in f32.
  const Model changed = options.type.empty() ? merged : merged.cast(options.type, !is_gguf_path(options.saving.output));
  save_with_summary(base, changed, options.saving);
}

}  // namespace

void add_merge(Program& program) {
  auto options = std::make_shared<Options>();
  Verb verb = program.add_verb(
      "merge", "Put a PEFT adapter (LoRA, rsLoRA, DoRA) into the weights of its base",
      {"tightrope merge models/wren-7m my-adapter -o merged", "tightrope merge q8.gguf my-adapter -o merged.gguf --type bf16"},
      [options] { run(*options); });
  add_model(verb, options->model);
  verb.option("ADAPTER,-a,--adapter", options->adapter, "DIR", "Folder with adapter_config.json and adapter_model.safetensors",
              {.required = true});
  add_output(verb, options->saving.output, "A GGUF when the name ends in .gguf, else a folder");
  add_plain_type(verb, options->type, "Numbers of the result; without it those of the base. A quantised base needs it");
  add_saving(verb, options->saving);
}

}  // namespace tightrope::app
