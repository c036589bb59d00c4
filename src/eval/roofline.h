// The kernels of this machine against what it can do at best: for each the ceiling that binds and the share of it that is reached.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "kernels/ceilings.h"
#include "tightrope/progress.h"

namespace tightrope::eval {

struct KernelSpeed {
  std::string kernel;                // "q4_k", "f32", "attention"
  std::size_t tokens = 0;            // of one run
  double operations = 0, bytes = 0;  // per second
  std::string ceiling{};             // "read", "int8", "fp32"; empty: this instruction set has no peak to compare with
  double share = 0;                  // of it
};

struct Roofline {
  std::string isa;
  kernels::Ceilings ceilings;
  double foreign_cpu = 0;  // cores other processes used meanwhile
  std::vector<KernelSpeed> kernels{};
};

// The speed that binds is that of the slower of its arithmetic and its bytes; the share is the time that would take, over `seconds`.
KernelSpeed against_ceilings(const std::string& kernel, const std::string& arithmetic, double operations, double bytes, double seconds,
                             const kernels::Ceilings& ceilings);

// 0 threads: every available core. Errors: as kernels::isa_from_environment.
Roofline measure_roofline(unsigned threads, const Progress& progress);

Json to_json(const Roofline& roofline);  // stable: see docs/benchmark.md
std::string to_table(const Roofline& roofline);

}  // namespace tightrope::eval
