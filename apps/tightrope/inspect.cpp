// tightrope inspect: what a model is made of, and whether its weights are sound.
#include <fmt/format.h>

#include <algorithm>

#include "options.h"
#include "terminal.h"
#include "tightrope/chat.h"
#include "tightrope/error.h"
#include "tightrope/model.h"
#include "verbs.h"

namespace tightrope::app {
namespace {

struct Options {
  std::string model;
  bool tensors = false, verify = false, chat_template = false, json = false;
  unsigned threads = 0;
};

void row(std::string_view name, std::string_view value) { print_line(fmt::format("{:<15}{}", name, printable(value))); }

std::string formats_text(const ModelInfo& info) {
  std::string text;
  for (const auto& [format, bytes] : info.bytes_by_format)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", format, human_bytes(bytes));
  return text;
}

// A template is a program that runs on every conversation, and may say things of its own: it is shown for what it is.
void print_template(const std::string& source) {
  if (source.empty()) return row("chat template", "none");
  constexpr std::size_t kShown = 160;
  std::size_t end = std::min(source.size(), kShown);
  while (end < source.size() && end > 0 && (static_cast<unsigned char>(source[end]) & 0xc0) == 0x80) --end;
  const ChatTemplateInfo about = inspect_chat_template(source);
  row("chat template", fmt::format("{} bytes, sha256 {}", source.size(), about.sha256));
  row("", fmt::format("{}{}", source.substr(0, end), end < source.size() ? "… (--template shows all)" : ""));
  if (!about.problem.empty()) row("warning", fmt::format("the chat template cannot be used: {}", about.problem));
  for (const std::string& text : about.instructions)
    row("warning", fmt::format("the chat template itself carries instructions to the model: \"{}\"", text));
}

void print_summary(const ModelInfo& info) {
  row("path", info.path);
  row("name", info.name);
  row("architecture", fmt::format("{} ({}, {})", info.architecture, info.head_class, info.container));
  row("parameters", fmt::format("{} ({})", human_count(static_cast<double>(info.parameters)), info.parameters));
  row("weights", fmt::format("{}, {:.2f} bits per weight", human_bytes(info.weight_bytes), info.bits_per_weight));
  row("formats", formats_text(info));
  row("blocks", fmt::format("{} of width {}, ffn {}", info.blocks, info.model, info.ffn));
  if (info.experts > 0) row("experts", fmt::format("{}, of which a token uses {}", info.experts, info.experts_used));
  row("heads", fmt::format("{} of {}, {} for keys and values", info.heads, info.head, info.kv_heads));
  row("vocabulary", fmt::format("{}{}", info.vocab, info.tied ? ", the head is the embedding" : ""));
  row("context", fmt::format("{} tokens, {}", info.context, info.rope.empty() ? "no RoPE" : "RoPE " + info.rope));
  row("tokenizer", info.tokenizer.empty() ? "none" : info.tokenizer);
  print_template(info.chat_template);
  for (const auto& [key, value] : info.provenance) row(key.substr(key.find('.') + 1), value);
  for (const std::string& notice : info.notices) row("notice", notice);
}

void print_tensors(const Model& model) {
  for (const TensorInfo& tensor : model.tensors())
    print_line(fmt::format("{:<28} {:<6} {:>10}  [{}]", printable(tensor.name), tensor.format, human_bytes(tensor.bytes),
                           fmt::join(tensor.shape, ", ")));
}

// A model that cannot be trusted is bad input, and says so by exit code as well.
void verify(const Model& model, unsigned threads) {
  std::string list;
  for (const NonFinite& bad : model.non_finite(threads, progress_on_stderr()))
    list += fmt::format("{}'{}' ({} of its values, the first at {})", list.empty() ? "" : ", ", bad.tensor, bad.count, bad.first);
  if (!list.empty())
    throw Error(ErrorCode::malformed, fmt::format("[verify] not all weights are finite numbers: {}; fetch the model again", list));
}

void run(const Options& options) {
  const Model model = Model::load(options.model);
  if (options.verify) verify(model, options.threads);
  if (options.json) return print_line(options.tensors ? to_json(model.info(), model.tensors()) : to_json(model.info()));
  if (options.chat_template) return print_line(model.info().chat_template);
  print_summary(model.info());
  if (options.tensors) print_tensors(model);
  if (options.verify) row("verify", "every weight is a finite number");
}

}  // namespace

void add_inspect(Program& program) {
  auto options = std::make_shared<Options>();
  Verb verb = program.add_verb("inspect", "Show shapes, formats, size, tokenizer of a model",
                               {"tightrope inspect models/wren-7m", "tightrope inspect models/wren-7m --tensors --verify"},
                               [options] { run(*options); });
  add_model(verb, options->model);
  verb.flag("--tensors", options->tensors, "List every tensor");
  verb.flag("--verify", options->verify, "Read every weight; NaN or infinity is an error");
  verb.flag("--template", options->chat_template, "Print the chat template and nothing else");
  add_threads(verb, options->threads);
  add_json(verb, options->json);
}

}  // namespace tightrope::app
