// The nearest flag or verb by edit distance.
#include "usage_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace tightrope::app {
namespace {

// Letters to insert, delete or change (Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const bool begins = word.size() > 2 && candidate.starts_with(word);
    const std::size_t distance = begins ? 0 : edit_distance(word, candidate);
    if (distance < best_distance) best = candidate, best_distance = distance;
  }
  return best.empty() ? "" : fmt::format("; did you mean {}?", best);
}

std::string explain(const UsageProblem& problem) {
  const std::string help = problem.verb.empty() ? "tightrope --help" : fmt::format("tightrope {} --help", problem.verb);
  // A verb that was not recognised makes everything after it unknown too, so the first word is the one to name.
  if (!problem.unknown.empty() && problem.verb.empty() && !problem.unknown.front().starts_with("-"))
    return fmt::format("[usage] there is no verb '{}'{} (see '{}')", problem.unknown.front(),
                       suggestion(problem.unknown.front(), problem.verbs), help);
  for (const std::string& word : problem.unknown) {
    const std::string flag = word.substr(0, word.find('='));
    if (flag.starts_with("-")) return fmt::format("[usage] there is no flag {}{} (see '{}')", flag, suggestion(flag, problem.flags), help);
  }
  if (!problem.unknown.empty()) return fmt::format("[usage] '{}' is one argument too many (see '{}')", problem.unknown.front(), help);
  return fmt::format("[usage] {} (see '{}')", problem.otherwise, help);
}

}  // namespace tightrope::app
