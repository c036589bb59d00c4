// The list of passes as a table.
#include "base/error.h"
#include "passes/passes.h"

namespace tightrope::passes {

#define PASS(name) extern const recipe::PassEntry name;
#include "passes/list.inc"
#undef PASS

namespace {
constexpr const recipe::PassEntry* kPasses[] = {
#define PASS(name) &name,
#include "passes/list.inc"
#undef PASS
};
}  // namespace

std::span<const recipe::PassEntry* const> all() { return kPasses; }

const recipe::PassEntry& get(std::string_view name) {
  std::string known;
  for (const recipe::PassEntry* pass : all()) {
    if (pass->name == name) return *pass;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", pass->name);
  }
  fail(ErrorCode::not_found, "[recipe] there is no pass '{}'; known are {}", name, known);
}

}  // namespace tightrope::passes
