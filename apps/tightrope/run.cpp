// tightrope run: let a model continue a text.
#include <fmt/format.h>

#include <utility>

#include "input.h"
#include "options.h"
#include "run_prompts.h"
#include "sampling_options.h"
#include "signals.h"
#include "terminal.h"
#include "tightrope/engine.h"
#include "tightrope/error.h"
#include "verbs.h"

namespace tightrope::app {
namespace {

struct Options {
  std::string model, adapter, prompt;
  GenerateOptions generate;
  EngineOptions engine;
  Prompts prompts;
  bool json = false, no_echo = false;
};

double rate(std::uint64_t tokens, double seconds) { return seconds > 0 ? static_cast<double>(tokens) / seconds : 0; }

std::string speed_text(const Generated& done) {
  return fmt::format("{} prompt tokens at {:.0f}/s, {} generated at {:.1f}/s", done.prompt_tokens,
                     rate(done.prompt_tokens, done.prefill_seconds), done.tokens, rate(done.tokens, done.decode_seconds));
}

void check(const Options& options) {
  if (options.prompt.empty() == options.prompts.file.empty())
    throw Error(ErrorCode::invalid_argument, "[run] give either a PROMPT or --prompts FILE");
}

void run_all(const Options& options) {
  Engine engine(load_with(options.model, options.adapter), options.engine);
  run_prompts(engine, options.prompts, options.generate, options.json);
}

void run(const Options& options) {
  check(options);
  if (!options.prompts.file.empty()) return run_all(options);
  const std::string prompt = options.prompt == "-" ? standard_input("run") : options.prompt;
  Engine engine(load_with(options.model, options.adapter), options.engine);
  // The prompt waits for the first token, so that a refusal prints nothing but its message.
  std::string echo = options.no_echo ? "" : prompt;
  const auto stream = [&](std::string_view text) {
    throw_if_interrupted();
    if (!options.json) print(std::exchange(echo, "")), print(text), flush_output();
    return true;
  };
  const Generated done = engine.generate(prompt, options.generate, stream);
  if (options.json) return print_line(to_json(done));
  print(echo);
  print("\n");
  flush_output();
  note(speed_text(done));
}

}  // namespace

void add_run(Program& program) {
  auto options = std::make_shared<Options>();
  Verb verb = program.add_verb(
      "run", "Let a model continue a text",
      {"tightrope run models/wren-7m \"Once upon a time\" -n 40", "tightrope run models/wren-7m \"The river\" -n 20 --temp 0 --json",
       "tightrope run models/wren-7m --prompts demo/text.txt -n 4 --parallel 8"},
      [options] { run(*options); });
  add_model(verb, options->model);
  add_adapter(verb, options->adapter);
  verb.option("PROMPT,-p,--prompt", options->prompt, "TEXT", "Text to continue; - reads it from standard input");
  add_prompts(verb, options->prompts);
  verb.option("-n,--tokens", options->generate.max_tokens, "N", "Most tokens to generate (default 128)");
  add_sampling(verb, options->generate.sampling);
  verb.flag("--no-echo", options->no_echo, "Print the continuation without the prompt");
  add_compute(verb, options->engine.threads, options->engine.exact);
  add_json(verb, options->json);
}

}  // namespace tightrope::app
