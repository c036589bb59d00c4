// Finding things in text: a literal, a known pattern by a scanner, any other regular expression by PCRE2 within limits.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "text/aligned_text.h"
#include "text/unicode.h"

namespace tightrope::text {

// Immutable and thread-safe.
class Pattern {
 public:
  virtual ~Pattern() = default;
  // Appends the matches in `text`, in order, none empty or overlapping; `offset` is added to each. Errors: invalid_argument, when the
  // search exceeds its limits.
  virtual void find(std::string_view text, std::uint32_t offset, std::vector<Span>& matches) const = 0;
};

// Searches that are each within their limits add up: what all of them over one text may take.
class SearchClock {
 public:
  explicit SearchClock(std::size_t bytes);
  void look();  // after each search or match. Errors: invalid_argument

 private:
  Stopwatch watch_;
  double seconds_;
  std::size_t looks_ = 0;
};

std::unique_ptr<const Pattern> literal_pattern(std::string text);
std::unique_ptr<const Pattern> class_pattern(Classes any_of);  // each character of these classes is a match
// The scanner for it where it is known, else PCRE2. Errors: unsupported, when it is no regular expression that we understand.
std::unique_ptr<const Pattern> regular_expression(std::string_view expression);

// {"String": …} or {"Regex": …}, and what it came from.
struct DescribedPattern {
  Json description;
  std::unique_ptr<const Pattern> pattern;
};
DescribedPattern read_pattern(const Json& description);

}  // namespace tightrope::text
