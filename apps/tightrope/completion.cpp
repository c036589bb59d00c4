// tightrope completion: shell completion, generated from the verbs and options themselves.
#include <fmt/format.h>

#include "terminal.h"
#include "verbs.h"

namespace tightrope::app {
namespace {

// Those with dashes; the others are positional.
std::vector<OptionDescription> flags_of(const VerbDescription& verb) {
  std::vector<OptionDescription> flags;
  for (const OptionDescription& option : verb.options)
    if (!option.names.empty()) flags.push_back(option);
  return flags;
}

std::vector<std::string> positional_choices(const VerbDescription& verb) {
  for (const OptionDescription& option : verb.options)
    if (option.names.empty() && !option.choices.empty()) return option.choices;
  return {};
}

std::string single_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::string bash_verb(const VerbDescription& verb) {
  std::string words = fmt::format("{}", fmt::join(positional_choices(verb), " "));
  std::string cases;
  for (const OptionDescription& flag : flags_of(verb)) {
    words += fmt::format("{}{}", words.empty() ? "" : " ", fmt::join(flag.names, " "));
    if (!flag.choices.empty())
      cases += fmt::format("      {}) words='{}' ;;\n", fmt::join(flag.names, "|"), fmt::join(flag.choices, " "));
    else if (flag.takes_value)
      cases += fmt::format("      {}) words='' ;;\n", fmt::join(flag.names, "|"));
  }
  return fmt::format("    {}) case \"$previous\" in\n{}      *) words='{}' ;;\n    esac ;;\n", verb.name, cases, words);
}

std::string bash(const Program& program) {
  std::string verbs, cases;
  for (const VerbDescription& verb : program.describe()) {
    verbs += fmt::format("{}{}", verbs.empty() ? "" : " ", verb.name);
    cases += bash_verb(verb);
  }
  return fmt::format(
      "# source <(tightrope completion bash)\n"
      "_tightrope() {{\n"
      "  local current=\"${{COMP_WORDS[COMP_CWORD]}}\" previous=\"${{COMP_WORDS[COMP_CWORD-1]}}\" words=''\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then words='{} --help --version'; else\n"
      "  case \"${{COMP_WORDS[1]}}\" in\n{}  esac; fi\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "}}\n"
      "complete -o default -F _tightrope tightrope\n",
      verbs, cases);
}

std::string zsh_flag(const OptionDescription& flag) {
  std::string lines;
  for (const std::string& name : flag.names) {
    std::string help;
    for (const char c : flag.help) help += c == '[' || c == ']' || c == ':' ? std::string("\\") + c : std::string(1, c);
    const std::string value =
        flag.choices.empty() ? (flag.takes_value ? ":value:_files" : "") : fmt::format(":value:({})", fmt::join(flag.choices, " "));
    lines += fmt::format(" \\\n        {}", single_quoted(fmt::format("{}[{}]{}", name, help, value)));
  }
  return lines;
}

std::string zsh(const Program& program) {
  std::string verbs, cases;
  for (const VerbDescription& verb : program.describe()) {
    verbs += fmt::format("    {}\n", single_quoted(fmt::format("{}:{}", verb.name, verb.summary)));
    cases += fmt::format("    {})\n      _arguments", verb.name);
    for (const OptionDescription& flag : flags_of(verb)) cases += zsh_flag(flag);
    const std::vector<std::string> words = positional_choices(verb);
    cases += words.empty() ? " \\\n        '*:file:_files'\n      ;;\n"
                           : fmt::format(" \\\n        '1:word:({})'\n      ;;\n", fmt::join(words, " "));
  }
  return fmt::format(
      "#compdef tightrope\n"
      "# source <(tightrope completion zsh)\n"
      "_tightrope() {{\n"
      "  local -a verbs=(\n{}  )\n"
      "  if (( CURRENT == 2 )); then _describe verb verbs; return; fi\n"
      "  local verb=$words[2]\n"
      "  words=(${{words[1]}} ${{words[3,-1]}}); (( CURRENT-- ))\n"
      "  case $verb in\n{}  esac\n"
      "}}\n"
      "compdef _tightrope tightrope\n",
      verbs, cases);
}

std::string fish_flag(const VerbDescription& verb, const OptionDescription& flag) {
  std::string line = fmt::format("complete -c tightrope -n '__fish_seen_subcommand_from {}'", verb.name);
  for (const std::string& name : flag.names) line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (!flag.choices.empty())
    line += fmt::format(" -x -a {}", single_quoted(fmt::format("{}", fmt::join(flag.choices, " "))));
  else if (flag.takes_value)
    line += " -r";
  return fmt::format("{} -d {}\n", line, single_quoted(flag.help));
}

std::string fish(const Program& program) {
  std::string text = "# tightrope completion fish | source\n";
  for (const VerbDescription& verb : program.describe()) {
    text += fmt::format("complete -c tightrope -f -n __fish_use_subcommand -a {} -d {}\n", verb.name, single_quoted(verb.summary));
    for (const OptionDescription& flag : flags_of(verb)) text += fish_flag(verb, flag);
    const std::vector<std::string> words = positional_choices(verb);
    if (!words.empty())
      text += fmt::format("complete -c tightrope -f -n '__fish_seen_subcommand_from {}' -a '{}'\n", verb.name, fmt::join(words, " "));
  }
  return text;
}

}  // namespace

void add_completion(Program& program) {
  auto shell = std::make_shared<std::string>();
  Verb verb = program.add_verb("completion", "Print a completion script for a shell", {"tightrope completion bash"}, [shell, &program] {
    print(*shell == "bash" ? bash(program) : *shell == "zsh" ? zsh(program) : fish(program));
  });
  verb.option("SHELL", *shell, "", "The shell", {.required = true, .choices = {"bash", "zsh", "fish"}});
}

}  // namespace tightrope::app
