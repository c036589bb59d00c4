// tightrope classify: texts in, what the model's head says of them out.
#include "options.h"
#include "terminal.h"
#include "text_lines.h"
#include "tightrope/encode.h"
#include "tightrope/error.h"
#include "verbs.h"
#include "windows.h"

namespace tightrope::app {
namespace {

struct Options {
  std::string model, question;
  TextLines lines;
  ClassifyOptions classify;
};

// With a question each text is a context.
std::vector<TextInput> inputs_of(const Options& options) {
  std::vector<TextInput> inputs = read_texts(options.lines);
  if (options.question.empty()) return inputs;
  for (TextInput& input : inputs) {
    if (input.pair) throw Error(ErrorCode::invalid_argument, "[classify] there are a --question and a \"pair\"; give one of them");
    input = {options.question, std::move(input.text)};
  }
  return inputs;
}

void run(const Options& options) {
  LineWriter writer(options.lines);
  const std::vector<TextInput> inputs = inputs_of(options);
  Classifier classifier(Model::load(options.model), options.classify);
  in_windows(std::span<const TextInput>(inputs), [&](std::span<const TextInput> some, std::uint64_t first, const Progress& progress) {
    for (const Classification& found : classifier.classify(some, progress)) writer.write(classifier.to_json(found, first++));
  });
  writer.finish();
}

}  // namespace

void add_classify(Program& program) {
  auto options = std::make_shared<Options>();
  Verb verb = program.add_verb("classify", "Label, rank or search texts, as the model's head does",
                               {"tightrope classify sentiment \"A warm, funny film.\" \"Two hours of nothing.\"",
                                "tightrope classify reader --question \"Who keeps the light?\" \"Ada keeps the light.\"",
                                "tightrope classify sentiment --jsonl --input pairs.jsonl --top-k 2"},
                               [options] { run(*options); });
  add_model(verb, options->model);
  verb.option("--question", options->question, "TEXT", "Find the answer in each text");
  verb.option("-k,--top-k", options->classify.top_k, "K", "Labels, answers or tokens to give (default: 1; 5 for masks)");
  verb.flag("--raw", options->classify.raw, "Logits of a sequence head as they are");
  add_text_lines(verb, options->lines, options->classify.encode);
}

}  // namespace tightrope::app
