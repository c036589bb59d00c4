// Counting what a template uses.
#include "text/jinja/budget.h"

#include "base/error.h"

namespace tightrope::text::jinja {

void Budget::spend(std::uint64_t steps) {
  steps_ += steps;
  if (steps_ > limits_.steps)
    fail(ErrorCode::malformed, "[template] the template takes more than {} steps; it does not end, or the conversation is far too long",
         limits_.steps);
}

void Budget::check_text(std::uint64_t bytes) const {
  if (bytes > limits_.memory_bytes / 4)
    fail(ErrorCode::out_of_memory, "[template] the template makes a string of {} bytes, beyond the limit of {}", bytes,
         limits_.memory_bytes / 4);
}

void Budget::hold(std::uint64_t bytes) {
  if (bytes > limits_.memory_bytes - held_)
    fail(ErrorCode::out_of_memory, "[template] the template's values need more than the limit of {} bytes", limits_.memory_bytes);
  held_ += bytes;
}

void Budget::enter() {
  if (depth_ >= limits_.nesting)
    fail(ErrorCode::malformed, "[template] the template nests deeper than {} evaluations; a macro or a loop calls itself without end",
         limits_.nesting);
  ++depth_;
}

}  // namespace tightrope::text::jinja
