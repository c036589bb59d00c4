// The nearest flag or verb is named when one is near, and only then.
#include "../../apps/tightrope/usage_error.h"

#include <gtest/gtest.h>

namespace tightrope::test {
namespace {

app::UsageProblem problem(const std::string& verb, const std::vector<std::string>& unknown) {
  return {.verb = verb,
          .unknown = unknown,
          .flags = {"--type", "--threads", "--targets"},
          .verbs = {"eval", "run", "quantize"},
          .otherwise = "-o is required"};
}

TEST(UsageError, NamesTheNearestFlag) {
  EXPECT_EQ(app::explain(problem("run", {"--thread"})),
            "[usage] there is no flag --thread; did you mean --threads? (see 'tightrope run --help')");
  EXPECT_EQ(app::explain(problem("run", {"--tpye=q8_0"})),
            "[usage] there is no flag --tpye; did you mean --type? (see 'tightrope run --help')");
  EXPECT_EQ(app::explain(problem("run", {"--zzzzzzzz"})), "[usage] there is no flag --zzzzzzzz (see 'tightrope run --help')");
}

TEST(UsageError, NamesTheNearestVerbBeforeAnyFlag) {
  EXPECT_EQ(app::explain(problem("", {"qantize", "--type"})),
            "[usage] there is no verb 'qantize'; did you mean quantize? (see 'tightrope --help')");
}

TEST(UsageError, SaysWhatIsMissingWhenEveryWordIsKnown) {
  EXPECT_EQ(app::explain(problem("run", {})), "[usage] -o is required (see 'tightrope run --help')");
}

}  // namespace
}  // namespace tightrope::test
