// tightrope quantize: fewer bits for every weight.
#include "options.h"
#include "saving.h"
#include "tightrope/optimize.h"
#include "verbs.h"

namespace tightrope::app {
namespace {

struct Options {
  std::string model;
  Quantize pass;
  Saving saving;
};

void run(const Options& options) {
  const Model model = Model::load(options.model);
  save_with_summary(model, optimize(model, options.pass), options.saving);
}

std::vector<std::string> type_names() {
  std::vector<std::string> names;
  for (const QuantizationType& type : quantization_types()) names.push_back(type.name);
  return names;
}

}  // namespace

void add_quantize(Program& program) {
  auto options = std::make_shared<Options>();
  Verb verb = program.add_verb("quantize", "Round the weights of a model to fewer bits",
                               {"tightrope quantize models/wren-7m -o wren-7m-q4_k_m.gguf --type q4_k_m",
                                "tightrope quantize models/wren-7m -o wren-7m-q8_0.gguf --type q8_0 --pure"},
                               [options] { run(*options); });
  add_model(verb, options->model);
  add_output(verb, options->saving.output, "The GGUF to write");
  verb.option("--type", options->pass.type, "NAME", "Mix of weight formats, by llama.cpp's names (default q4_k_m)",
              {.choices = type_names()});
  verb.flag("--pure", options->pass.pure, "Every matrix in the type's base format, none kept at more bits");
  verb.option("--targets", options->pass.targets, "GLOB", "Only tensors whose canonical name matches, like 'blocks.*.ffn.*'");
  verb.flag("--requantize", options->pass.requantize, "Allow a source that is quantised already");
  add_saving(verb, options->saving);
}

}  // namespace tightrope::app
