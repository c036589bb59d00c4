// Options of the library's operations: plain values with defaults, shared by every layer and the command line.
#pragma once

#include <cstdint>
#include <string>

namespace tightrope {

// How a text is cut into pieces and which of their tokens count.
enum class PerplexityConvention : std::uint8_t {
  consecutive,  // chunks of `context` tokens, every token but a chunk's first is predicted (transformers-style; the default)
  second_half,  // the beginning-of-text token replaces each chunk's first, only the second half of a chunk is scored (llama-perplexity)
};

struct EvalOptions {
  std::uint64_t context = 512;   // tokens a chunk
  std::uint64_t max_chunks = 0;  // 0: the whole text
  PerplexityConvention convention = PerplexityConvention::consecutive;
  unsigned threads = 0;  // 0: every available core
  bool exact = false;    // as in EngineOptions
};

struct BenchOptions {
  std::uint64_t prefill_tokens = 512;
  std::uint64_t decode_tokens = 64;  // a sequence
  std::string batches = "1";         // sequences decoded together: a comma-separated list
  std::string depths = "0";          // tokens that the context holds already: a comma-separated list
  unsigned repetitions = 5;          // after one warm-up; medians are reported
  unsigned threads = 0;
  bool exact = false;                // as in EngineOptions
  std::uint64_t peer_seconds = 600;  // for each run of another program that is compared with
};

// Applied in this order: repetition penalty, temperature, top-k, top-p, min-p, draw.
struct Sampling {
  float temperature = 0.8f;         // 0: the most likely token, always
  std::uint32_t top_k = 40;         // 0: no limit
  float top_p = 0.95f;              // 1: no limit
  float min_p = 0.05f;              // of the most likely token's probability; 0: no limit
  float repetition_penalty = 1.0f;  // > 1 makes tokens of the last `repetition_window` less likely (CTRL, Keskar et al. 2019, §4.1)
  std::uint32_t repetition_window = 64;
  std::uint64_t seed = 0;
};

}  // namespace tightrope
