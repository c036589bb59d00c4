// The program as data: its verbs, what they accept, and which one was asked for. No other file sees the command-line library.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tightrope::app {

// What an option accepts besides a value of its type.
struct Accepts {
  bool required = false;
  std::vector<std::string> choices = {};  // these words only, in either case
  std::optional<std::uint64_t> least = {}, most = {};
};

class Program;

// One verb under construction.
class Verb {
 public:
  // `names`: "-c,--context", or with a positional name first: "MODEL,-m,--model". `value` must live as long as the program and holds the
  // default. T: std::string (also optional), std::vector<std::string>, std::uint64_t, std::uint32_t, float.
  template <class T>
  void option(const std::string& names, T& value, const std::string& value_name, const std::string& help, const Accepts& accepts = {});
  void flag(const std::string& names, bool& value, const std::string& help);

 private:
  friend class Program;
  Verb(Program& program, void* handle) : program_(program), handle_(handle) {}
  Program& program_;
  void* handle_;  // of the command-line library
};

// The same for completion scripts and tests to read.
struct OptionDescription {
  std::vector<std::string> names;  // with dashes; empty for a purely positional one
  std::string help;
  std::vector<std::string> choices;
  bool takes_value = false;
};
struct VerbDescription {
  std::string name, summary;
  std::vector<OptionDescription> options;
};

class Program {
 public:
  Program(int argc, const char* const* argv);
  ~Program();

  // Each example is a whole command line. `run` is called when the verb was asked for.
  Verb add_verb(const std::string& name, const std::string& summary, const std::vector<std::string>& examples, std::function<void()> run);
  std::vector<VerbDescription> describe() const;

  // The command line as typed, quoted where a shell would need it.
  const std::string& command() const { return command_; }

  // Reads the command line and runs the verb. --help and --version print to standard output instead.
  // Errors: invalid_argument, naming the flag or verb that was not understood and the nearest there is; those of the verb.
  void run(int argc, const char* const* argv);

 private:
  friend class Verb;
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
  std::string command_;
};

}  // namespace tightrope::app
