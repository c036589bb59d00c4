// Speed of one model on this machine: load, prefill, decode for several batch sizes, memory, and the share of the memory bandwidth.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "tightrope/options.h"
#include "tightrope/progress.h"

namespace tightrope::eval {

struct Spread {
  double median = 0, min = 0, max = 0;  // tokens per second
};
struct PrefillSpeed {
  std::uint64_t tokens = 0, depth = 0, batch = 1;  // depth: tokens before them
  Spread tokens_per_second;
};
struct DecodeSpeed {
  std::uint64_t depth = 0, batch = 1;
  Spread tokens_per_second;           // all sequences together
  std::uint64_t bytes_per_token = 0;  // weights (packed, as they are read), keys and values of one step, divided by the batch
  double bandwidth_share = 0;         // of bandwidth_bytes_per_second
};
struct Latency {
  std::string model, isa;
  unsigned threads = 0;
  double load_seconds = 0;                // until the first pass can start
  std::uint64_t peak_resident_bytes = 0;  // from before the load to the last pass
  double bandwidth_bytes_per_second = 0;  // measured here, with as many threads
  double foreign_cpu = 0;                 // cores other processes used meanwhile
  std::vector<PrefillSpeed> prefill{};
  std::vector<DecodeSpeed> decode{};
};

// "1,2,4" as numbers. Errors: invalid_argument (not a number, 0, above 4096).
std::vector<std::uint64_t> parse_batches(std::string_view list);
// "0,4096" as numbers. Errors: invalid_argument (not a number, above 2^24).
std::vector<std::uint64_t> parse_depths(std::string_view list);

// Median, smallest and largest of a run's rates; all 0 when there are none.
Spread spread_of(std::vector<double> values);

// Errors: invalid_argument when the tokens after `depth` others exceed the model's context.
void require_depth(const model::Config& config, const BenchOptions& options, std::uint64_t depth);

// Errors: invalid_argument for options that are 0.
void require_measurable(const BenchOptions& options);

// Loads the model and times it: random tokens, one warm-up pass, then options.repetitions; all of it at each depth.
// Errors: what load_model raises; invalid_argument for options that are 0 and for a depth that with the tokens exceeds the model's context.
Latency measure_latency(const std::filesystem::path& model_path, const BenchOptions& options, const Progress& progress);

}  // namespace tightrope::eval
