// tightrope report: the HTML page of a report that was measured earlier.
#include "options.h"
#include "terminal.h"
#include "tightrope/eval.h"
#include "tightrope/output.h"
#include "verbs.h"

namespace tightrope::app {
namespace {

struct Options {
  std::string input, output;
  bool force = false;
};

void run(const Options& options) {
  const Report report = Report::read(options.input);
  if (options.output.empty()) return print_line(report.to_table());
  const std::filesystem::path input = options.input;
  check_writable(options.output, options.force, std::span(&input, 1));
  write_text(options.output, report.to_html(), options.force);
}

}  // namespace

void add_report(Program& program) {
  auto options = std::make_shared<Options>();
  Verb verb =
      program.add_verb("report", "Turn a report.json into a table or an HTML page",
                       {"tightrope report report.json", "tightrope report report.json -o report.html"}, [options] { run(*options); });
  verb.option("REPORT", options->input, "FILE", "What eval --json printed or --report left", {.required = true});
  verb.option("-o,--output", options->output, "FILE", "The page to write; without it a table is printed");
  add_force(verb, options->force);
}

}  // namespace tightrope::app
