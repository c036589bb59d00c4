// tightrope embed: texts in, vectors out.
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
  std::string model;
  TextLines lines;
  EmbedOptions embed;
  bool normalize = false, no_normalize = false;
};

void run(Options options) {
  if (options.normalize && options.no_normalize)
    throw Error(ErrorCode::invalid_argument, "[embed] --normalize and --no-normalize exclude each other");
  if (options.normalize || options.no_normalize) options.embed.normalize = options.normalize;
  LineWriter writer(options.lines);
  std::vector<std::string> texts;
  for (TextInput& input : read_texts(options.lines)) {
    if (input.pair) throw Error(ErrorCode::invalid_argument, "[embed] a \"pair\" has no embedding; give its texts one by one");
    texts.push_back(std::move(input.text));
  }
  Embedder embedder(Model::load(options.model), options.embed);
  for (const std::string& notice : embedder.notices()) note("note: " + notice);
  in_windows(std::span<const std::string>(texts), [&](std::span<const std::string> some, std::uint64_t first, const Progress& progress) {
    for (const Embedding& embedding : embedder.embed(some, progress)) writer.write(to_json(embedding, first++));
  });
  writer.finish();
}

}  // namespace

void add_embed(Program& program) {
  auto options = std::make_shared<Options>();
  Verb verb = program.add_verb("embed", "Turn texts into vectors",
                               {"tightrope embed models/wren-7m \"The river rose.\" \"The water came up.\" --pooling mean --normalize",
                                "tightrope embed models/wren-7m --input demo/text.txt --truncate --output vectors.jsonl --force",
                                "tightrope embed models/wren-7m \"The river rose.\" --int8"},
                               [options] { run(*options); });
  add_model(verb, options->model);
  verb.option("--pooling", options->embed.pooling, "NAME", "Of a text's tokens; none gives a vector each",
              {.choices = {"mean", "cls", "last", "max", "mean_sqrt_len", "weightedmean", "none", "rank"}});
  verb.flag("--normalize", options->normalize, "Vectors of length 1");
  verb.flag("--no-normalize", options->no_normalize, "Vectors as they are");
  verb.option("--prompt-name", options->embed.prompt_name, "NAME", "A prompt of the model's that goes before each text");
  add_text_lines(verb, options->lines, options->embed.encode);
}

}  // namespace tightrope::app
