// tightrope logits: numbers for comparing with another implementation.
#include "options.h"
#include "signals.h"
#include "terminal.h"
#include "tightrope/engine.h"
#include "verbs.h"

namespace tightrope::app {
namespace {

struct Options {
  std::string model, adapter, ids, output;
  LogitsOptions logits;
};

void run(Options options) {
  options.logits.progress = progress_on_stderr();
  announce_output(options.output);
  write_logits(load_with(options.model, options.adapter), options.ids, options.output, options.logits);
}

}  // namespace

void add_logits(Program& program) {
  auto options = std::make_shared<Options>();
  Verb verb = program.add_verb("logits", "Write logits and hidden states for token ids",
                               {"tightrope logits models/wren-7m --ids ids.safetensors -o logits.safetensors --hidden"},
                               [options] { run(*options); });
  add_model(verb, options->model);
  verb.option("--ids", options->ids, "FILE", "Safetensors with input_ids and perhaps attention_mask, [batch, tokens]", {.required = true});
  add_output(verb, options->output, "Safetensors to write");
  add_adapter(verb, options->adapter);
  verb.flag("--hidden", options->logits.hidden, "Every hidden state, too");
  add_threads(verb, options->logits.threads);
  add_force(verb, options->logits.overwrite);
}

}  // namespace tightrope::app
