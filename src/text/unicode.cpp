// Character classes, exactly those of the reference implementation of tokenizers.
#include "text/unicode.h"

#include <algorithm>
#include <span>

namespace tightrope::text {
namespace {

struct Run {
  std::uint32_t first;
  Classes classes;
};

constexpr Run kRuns[] = {
#include "text/unicode_ranges.inc"
};

constexpr std::uint32_t kCodePoints = 0x110000;

}  // namespace

CharacterClasses::CharacterClasses() {
  const std::span<const Run> runs = kRuns;
  std::size_t run = 0;
  for (std::uint32_t start = 0; start < kCodePoints; start += 256) {
    Page page{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      while (run + 1 < runs.size() && runs[run + 1].first <= start + i) ++run;
      page[i] = runs[run].classes;
    }
    auto found = std::ranges::find(pages_, page);
    if (found == pages_.end()) found = pages_.insert(found, page);
    page_of_.push_back(static_cast<std::uint8_t>(found - pages_.begin()));  // fewer than 256 pages differ; a test says so
  }
}

const CharacterClasses& CharacterClasses::instance() {
  static const CharacterClasses classes;
  return classes;
}

}  // namespace tightrope::text
