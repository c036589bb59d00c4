// How long operations tell their caller how far they are.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace tightrope {

struct ProgressUpdate {
  std::string_view stage;   // "quantize", "perplexity a.gguf"
  std::uint64_t done = 0;   // in `unit`s
  std::uint64_t total = 0;  // in `unit`s; 0 when unknown
  std::string_view unit;    // "bytes", "tokens", "tensors"
};

// Called from one thread at a time, possibly not the one that started the work. Throwing from it cancels the work.
using Progress = std::function<void(const ProgressUpdate&)>;

}  // namespace tightrope
