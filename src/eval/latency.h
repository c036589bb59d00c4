// Speed of one model on this machine: load, prefill, decode for several batch sizes, memory, and the share of the memory bandwidth.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "tightrope/options.h"
#include "tightrope/progress.h"

namespace tightrope::eval {

struct Spread {
  double median = 0, min = 0, max = 0;  // tokens per second
};
struct PrefillSpeed {
  std::uint64_t tokens = 0, batch = 1;
  Spread tokens_per_second;
};
struct DecodeSpeed {
  std::uint64_t batch = 1;
  Spread tokens_per_second;  // all sequences together
  std::uint64_t bytes_per_token = 0;  // weights and keys and values read for one step, over the batch
  double bandwidth_share = 0;         // of the measured read bandwidth
};
struct Latency {
  std::string model, isa;
  unsigned threads = 0;
  double load_seconds = 0;
  std::uint64_t peak_resident_bytes = 0;
  double bandwidth_bytes_per_second = 0;  // measured here, with as many threads
  double foreign_cpu = 0;                 // cores other processes used meanwhile
  std::vector<PrefillSpeed> prefill;
  std::vector<DecodeSpeed> decode;
};

// Read bandwidth of this machine's memory in bytes per second, best of a few passes over a buffer much larger than the caches.
double measure_read_bandwidth(unsigned threads);
// Float multiply-add rate in operations per second (two a multiply-add) and 8-bit integer rate where the machine has one.

Latency measure_latency(const std::filesystem::path& model_path, const BenchOptions& options, const Progress& progress);

}  // namespace tightrope::eval
