// "Did you mean --type?": what to say about a command line that could not be read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tightrope::app {

struct UsageProblem {
  std::string verb;                  // that was asked for; empty: none was recognised
  std::vector<std::string> unknown;  // words nothing expected
  std::vector<std::string> flags;    // long flags of the verb, or of the program
  std::vector<std::string> verbs;
  std::string otherwise;  // what to say when no word is unknown
};

// "; did you mean …?" with the nearest candidate; empty when none is near enough to be what was meant.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

// Names the first unknown flag, verb or argument and the nearest there is.
std::string explain(const UsageProblem& problem);

}  // namespace tightrope::app
