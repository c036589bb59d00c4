// Two engines on one file in turns: ours, theirs, ours, theirs … so that what disturbs the machine disturbs both.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "eval/latency.h"
#include "eval/peer.h"

namespace tightrope::eval {

// One engine's turn.
struct Turn {
  double prefill = 0, decode = 0;  // tokens per second
  double foreign_cpu = 0;          // cores that processes other than the two used meanwhile
};

struct VersusPair {
  Turn ours, theirs;
  double their_seconds = 0;  // the whole run of the other program
};

struct Versus {
  std::string model, program, engine, build;  // the last two: of the other
  std::string isa;
  unsigned threads = 0;
  std::uint64_t prefill_tokens = 0, decode_tokens = 0, depth = 0;
  double load_seconds = 0;  // ours, once; the other loads in every turn and does not say how long that takes
  std::vector<VersusPair> pairs{};
};

// Of one figure over all pairs; a ratio is ours / theirs of the same pair.
struct VersusFigure {
  Spread ours, theirs, ratio;
};
VersusFigure figure_of(const Versus& versus, double Turn::*figure);

// Our model is loaded once; both warm up before they measure. Errors: invalid_argument (options; a model that is no GGUF file), not_found
// (model, program), what load_model and measure_peer raise.
Versus measure_versus(const std::filesystem::path& model, const std::string& program, const BenchOptions& options,
                      const Progress& progress);

Json to_json(const Versus& versus);  // stable: see docs/benchmark.md
std::string to_table(const Versus& versus);

}  // namespace tightrope::eval
