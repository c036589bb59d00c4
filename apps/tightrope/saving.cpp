// Writing a model.
#include "saving.h"

#include <fmt/format.h>

#include <chrono>

#include "options.h"
#include "signals.h"
#include "terminal.h"

namespace tightrope::app {

void add_saving(Verb& verb, Saving& saving) {
  add_threads(verb, saving.threads);
  add_force(verb, saving.force);
  add_json(verb, saving.json);
}

void add_plain_type(Verb& verb, std::string& type, const std::string& help) {
  verb.option("--type", type, "NAME", help, {.choices = {"f32", "f16", "bf16"}});
}

void save_with_summary(const Model& original, const Model& changed, const Saving& options) {
  const auto start = std::chrono::steady_clock::now();
  for (const std::string& notice : changed.info().notices) note("note: " + notice);
  announce_output(options.output);
  changed.save(options.output, {.overwrite = options.force, .threads = options.threads, .progress = progress_on_stderr()});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (is_gguf_path(options.output))
    for (const std::string& difference : changed.gguf_differences()) note("note: other readers of this GGUF will not follow " + difference);
  const ModelInfo info = Model::load(options.output).info();
  if (options.json) return print_line(to_json(info));
  const ModelInfo before = original.info();
  print_line(fmt::format("{}: {} from {} ({:.2f} from {:.2f} bits per weight) in {:.2f} s", options.output, human_bytes(info.file_bytes),
                         human_bytes(before.file_bytes), info.bits_per_weight, before.bits_per_weight, seconds));
}

}  // namespace tightrope::app
