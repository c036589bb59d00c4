// Verbs, options and help on top of CLI11.
#include "program.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <sstream>
#include <string_view>

#include "tightrope/error.h"
#include "tightrope/machine.h"
#include "usage_error.h"

namespace tightrope::app {
namespace {

std::string quoted(std::string_view word) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=,:+@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos) return std::string(word);
  std::string result = "'";
  for (const char c : word) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::string examples_text(const std::vector<std::string>& examples) {
  std::string text = examples.size() == 1 ? "Example:" : "Examples:";
  for (const std::string& example : examples) text += "\n  " + example;
  return text;
}

constexpr const char* kRootFooter =
    "A model is a Hugging Face folder, a .safetensors beside its config.json,\n"
    "or a .gguf.\n"
    "Exit codes: 0 done; 1 the work failed (disk, memory, a bug);\n"
    "2 bad input or usage; 130 interrupted.\n"
    "Environment: TIGHTROPE_ISA picks the kernels by a name of those that\n"
    "'tightrope doctor' lists, as in TIGHTROPE_ISA=avx2;\n"
    "NO_COLOR turns colours off.\n"
    "'tightrope VERB --help' says more about a verb.";

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  return flags;
}

// Breaks lines at spaces so that none is longer than `width`, unless a single word is.
std::string wrapped(const std::string& text, std::size_t width) {
  std::string result;
  std::size_t column = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const bool breaks = column > 0 && column + 1 + (end - begin) > width;
    if (column > 0) result += breaks ? '\n' : ' ';
    result.append(text, begin, end - begin);
    column = breaks || column == 0 ? end - begin : column + 1 + (end - begin);
    begin = end + 1;
  }
  return result;
}

// Help that fits 80 columns, and that shows an argument which can be given by place or by flag as one, not as two that are required.
class HelpFormatter : public CLI::Formatter {
 public:
  explicit HelpFormatter(std::size_t name_columns) {
    column_width(name_columns);
    label("SUBCOMMAND", "VERB");
  }

  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    const bool repeats = !is_positional && option->get_positional();
    const std::string help = repeats ? option->get_name(true) + " as a flag" : option->get_description();
    return entry(make_option_name(option, is_positional) + make_option_opts(option), help);
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    std::string text = option->get_type_name().empty() ? "" : " " + option->get_type_name();
    if (option->get_expected_max() == CLI::detail::expected_max_vector_size) text += " ...";
    if (option->get_required() && !option->get_positional()) text += " (required)";
    return text;
  }

  std::string make_subcommand(const CLI::App* verb) const override { return entry(verb->get_name(), verb->get_description()); }

 private:
  static constexpr std::size_t kColumns = 80;
  std::string entry(const std::string& name, const std::string& help) const {
    std::stringstream out;
    CLI::detail::format_help(out, name, wrapped(help, kColumns - get_column_width()), get_column_width());
    return out.str();
  }
};

constexpr std::size_t kVerbColumns = 14, kOptionColumns = 32;

// "MODEL" or "--output": what a person would call it.
std::string spoken_name(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true);
  return option.get_lnames().empty() ? option.get_name() : "--" + option.get_lnames().front();
}

// The first required option that was not given; empty when none is missing.
std::string missing_option(const CLI::App& scope) {
  for (const CLI::Option* option : scope.get_options())
    if (option->get_required() && option->count() == 0) return spoken_name(*option) + " is missing";
  return "";
}

// One of these words in either case, brought to the spelling listed; anything else is answered with the nearest and the list.
CLI::Validator word_of(const std::vector<std::string>& choices) {
  const auto check = [choices](std::string& word) -> std::string {
    const auto same = [&](const std::string& choice) { return CLI::detail::to_lower(choice) == CLI::detail::to_lower(word); };
    const auto found = std::find_if(choices.begin(), choices.end(), same);
    if (found == choices.end())
      return fmt::format("there is no '{}'{} (it takes {})", word, suggestion(word, choices), fmt::join(choices, ", "));
    word = *found;
    return "";
  };
  return CLI::Validator(check, "");
}

}  // namespace

struct Program::Implementation {
  CLI::App root{"Makes language models smaller and faster and proves what it cost.", "tightrope"};
  std::function<void()> selected;
  // What an option was given, before its help was laid out for people.
  struct Given {
    std::string help;
    std::vector<std::string> choices;
  };
  std::map<const CLI::Option*, Given> given;

  std::vector<const CLI::App*> verbs() const {
    return std::as_const(root).get_subcommands([](const CLI::App*) { return true; });
  }
  OptionDescription describe(const CLI::Option& option) const {
    OptionDescription result;
    for (const std::string& name : option.get_snames()) result.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) result.names.push_back("--" + name);
    result.takes_value = option.get_items_expected_max() > 0;
    const auto found = given.find(&option);
    result.help = found == given.end() ? option.get_description() : found->second.help;
    if (found != given.end()) result.choices = found->second.choices;
    return result;
  }
  [[noreturn]] void refuse(const CLI::ParseError& error) const {
    UsageProblem problem;
    const auto parsed = root.get_subcommands();
    const CLI::App& scope = parsed.empty() ? root : *parsed.front();
    if (!parsed.empty()) problem.verb = scope.get_name();
    problem.unknown = root.remaining(true);
    problem.flags = flags_of(scope);
    for (const CLI::App* verb : verbs()) problem.verbs.push_back(verb->get_name());
    const bool lacks = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
    problem.otherwise = lacks ? missing_option(scope) : "";
    if (problem.otherwise.empty()) problem.otherwise = error.what();
    throw Error(ErrorCode::invalid_argument, explain(problem));
  }
};

Program::Program(int argc, const char* const* argv) : implementation_(std::make_unique<Implementation>()), command_("tightrope") {
  for (int i = 1; i < argc; ++i) command_ += " " + quoted(argv[i]);
  CLI::App& root = implementation_->root;
  root.set_version_flag("--version", "tightrope " + std::string(version()), "Print the version");
  root.footer(kRootFooter);
  root.formatter(std::make_shared<HelpFormatter>(kVerbColumns));
}

Program::~Program() = default;

Verb Program::add_verb(const std::string& name, const std::string& summary, const std::vector<std::string>& examples,
                       std::function<void()> run) {
  CLI::App* verb = implementation_->root.add_subcommand(name, summary);
  verb->group("Verbs");
  verb->formatter(std::make_shared<HelpFormatter>(kOptionColumns));
  verb->footer(examples_text(examples));
  verb->callback([this, run = std::move(run)] { implementation_->selected = run; });
  return Verb(*this, verb);
}

std::vector<VerbDescription> Program::describe() const {
  std::vector<VerbDescription> list;
  for (const CLI::App* verb : implementation_->verbs()) {
    list.push_back({verb->get_name(), verb->get_description(), {}});
    for (const CLI::Option* option : verb->get_options()) list.back().options.push_back(implementation_->describe(*option));
  }
  return list;
}

void Program::run(int argc, const char* const* argv) {
  CLI::App& root = implementation_->root;
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) implementation_->refuse(error);
    root.exit(error);  // prints help or version
    return;
  }
  if (!implementation_->selected) throw Error(ErrorCode::invalid_argument, "[usage] a verb is missing; 'tightrope --help' lists them");
  implementation_->selected();
}

template <class T>
void Verb::option(const std::string& names, T& value, const std::string& value_name, const std::string& help, const Accepts& accepts) {
  CLI::Option* option = static_cast<CLI::App*>(handle_)->add_option(names, value, help);
  option->required(accepts.required);
  if constexpr (std::is_integral_v<T>) {
    // CLI11 2.1 reads "-1" as the largest number there is.
    option->check(
        [names](const std::string& text) { return text.starts_with('-') ? fmt::format("{} takes no negative number", names) : ""; });
    if (accepts.least || accepts.most) {
      const T least = static_cast<T>(accepts.least.value_or(0));
      const T most = static_cast<T>(accepts.most.value_or(std::numeric_limits<T>::max()));
      option->check(CLI::Range(least, most).description(""));
    }
  }
  if (!accepts.choices.empty()) {
    option->transform(word_of(accepts.choices));
    program_.implementation_->given[option] = {help, accepts.choices};
  }
  // A few words stand where the value goes, many after the help.
  const std::string words = fmt::format("{}", fmt::join(accepts.choices, "|"));
  const bool few = !words.empty() && words.size() + names.size() < kOptionColumns;
  option->type_name(few ? words : value_name);
  if (!few && !words.empty()) option->description(fmt::format("{}: {}", help, fmt::join(accepts.choices, " ")));
}

template void Verb::option(const std::string&, std::string&, const std::string&, const std::string&, const Accepts&);
template void Verb::option(const std::string&, std::optional<std::string>&, const std::string&, const std::string&, const Accepts&);
template void Verb::option(const std::string&, std::vector<std::string>&, const std::string&, const std::string&, const Accepts&);
template void Verb::option(const std::string&, std::uint64_t&, const std::string&, const std::string&, const Accepts&);
template void Verb::option(const std::string&, std::uint32_t&, const std::string&, const std::string&, const Accepts&);
template void Verb::option(const std::string&, float&, const std::string&, const std::string&, const Accepts&);

void Verb::flag(const std::string& names, bool& value, const std::string& help) {
  static_cast<CLI::App*>(handle_)->add_flag(names, value, help);
}

}  // namespace tightrope::app
