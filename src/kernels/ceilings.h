// What this machine can do at best, measured by loops of their own.
#pragma once

#include <string>
#include <vector>

#include "kernels/isa.h"

namespace tightrope::kernels {

struct Peak {
  std::string arithmetic, instruction;     // as in PeakLoop
  double one_thread = 0, all_threads = 0;  // operations per second
};

struct Ceilings {
  unsigned threads = 0;
  double read_one_thread = 0, read_all_threads = 0;  // bytes per second
  std::vector<Peak> peaks{};

  const Peak* find(std::string_view arithmetic) const;  // null: this instruction set has none
};

// The best of several passes over memory that no cache holds: at least 1 GiB and eight times the last cache, a quarter of the machine's
// memory at most, in huge pages, every word written with something else before. The best, because what else runs only takes away.
// 0 threads: every available core. Errors: std::bad_alloc.
double measure_read_bandwidth(Isa isa, unsigned threads);

// The reading with one and with all threads, and every peak.
Ceilings measure_ceilings(Isa isa, unsigned threads);

}  // namespace tightrope::kernels
