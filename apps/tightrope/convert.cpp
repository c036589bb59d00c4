// tightrope convert: Hugging Face folder to GGUF and back.
#include "options.h"
#include "saving.h"
#include "verbs.h"

namespace tightrope::app {
namespace {

struct Options {
  std::string model, type;
  Saving saving;
};

void run(const Options& options) {
  const Model model = Model::load(options.model);
  // A GGUF keeps norms in f32 whatever the matrices are; a folder has one type throughout.
  const Model changed = options.type.empty() ? model : model.cast(options.type, !is_gguf_path(options.saving.output));
  save_with_summary(model, changed, options.saving);
}

}  // namespace

void add_convert(Program& program) {
  auto options = std::make_shared<Options>();
  Verb verb =
      program.add_verb("convert", "Turn a Hugging Face folder into a GGUF, or back",
                       {"tightrope convert models/wren-7m -o wren-7m.gguf", "tightrope convert models/wren-7m -o wren-7m-f16 --type f16"},
                       [options] { run(*options); });
  add_model(verb, options->model);
  add_output(verb, options->saving.output, "A GGUF when the name ends in .gguf, else a folder");
  add_plain_type(verb, options->type, "Convert the numbers too; without it they stay bit for bit");
  add_saving(verb, options->saving);
}

}  // namespace tightrope::app
