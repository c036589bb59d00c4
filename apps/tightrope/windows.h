// Long lists in parts, so that results can be printed and forgotten.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "terminal.h"

namespace tightrope::app {

// Calls work(part, index of its first, progress over the whole list).
template <class T, class Work>
void in_windows(std::span<const T> list, const Work& work) {
  constexpr std::size_t kWindow = 8192;
  const Progress shown = progress_on_stderr();
  for (std::size_t first = 0; first < list.size(); first += kWindow) {
    const Progress progress = [&](const ProgressUpdate& update) { shown({update.stage, first + update.done, list.size(), update.unit}); };
    work(list.subspan(first, std::min(kWindow, list.size() - first)), first, progress);
  }
}

}  // namespace tightrope::app
