// Where what a reader takes for one character ends (extended grapheme clusters, Unicode standard annex 29).
#pragma once

#include <cstddef>
#include <string_view>

namespace tightrope::text {

// The end of the cluster that starts at `begin`. Requires valid UTF-8 and begin < text.size() at a cluster's start.
std::size_t grapheme_end(std::string_view text, std::size_t begin) noexcept;

}  // namespace tightrope::text
