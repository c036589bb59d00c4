// What the public Report and Benchmark hide.
#pragma once

#include "eval/latency.h"
#include "eval/report.h"
#include "tightrope/eval.h"

namespace tightrope {

struct Report::Implementation {
  eval::Report report;
};

struct Benchmark::Implementation {
  eval::Latency latency;
};

}  // namespace tightrope
