// Taking turns.
#include "eval/versus.h"

#include <algorithm>

#include "base/child.h"
#include "base/clock.h"
#include "base/error.h"
#include "eval/passes.h"
#include "eval/processor_time.h"
#include "model/checkpoint_io.h"

namespace tightrope::eval {
namespace {

// As warm as llama-bench: before the prompt a whole one, before generation one token.
class OurSide {
 public:
  OurSide(engine::Engine& engine, const BenchOptions& options, std::uint64_t depth)
      : options_(options),
        contexts_(engine, depth, std::max(options.prefill_tokens, options.decode_tokens)),
        prefill_(engine, contexts_, options.prefill_tokens),
        decode_(engine, contexts_, 1, options.decode_tokens) {}

  Turn turn() {
    const ForeignLoad foreign;
    Turn result;
    prefill_();
    result.prefill = rate(options_.prefill_tokens, prefill_);
    decode_(1);
    result.decode = rate(options_.decode_tokens, decode_);
    result.foreign_cpu = foreign.cores();
    return result;
  }

 private:
  template <class Pass>
  static double rate(std::uint64_t tokens, Pass& pass) {
    const Stopwatch watch;
    pass();
    return static_cast<double>(tokens) / watch.seconds();
  }
  const BenchOptions& options_;
  Contexts contexts_;
  PrefillPass prefill_;
  DecodePass decode_;
};

void their_turn(const std::filesystem::path& program, const PeerRequest& request, const std::function<void()>& watch, Versus& versus) {
  const ForeignLoad foreign;
  const PeerSpeed speed = measure_peer(program, request, watch);
  VersusPair& pair = versus.pairs.back();
  pair.theirs = {.prefill = speed.prefill, .decode = speed.decode, .foreign_cpu = foreign.cores()};
  pair.their_seconds = speed.seconds;
  versus.engine = speed.engine;
  versus.build = speed.build;
}

}  // namespace

VersusFigure figure_of(const Versus& versus, double Turn::*figure) {
  std::vector<double> ours, theirs, ratios;
  for (const VersusPair& pair : versus.pairs) {
    ours.push_back(pair.ours.*figure);
    theirs.push_back(pair.theirs.*figure);
    ratios.push_back(pair.ours.*figure / pair.theirs.*figure);
  }
  return {spread_of(std::move(ours)), spread_of(std::move(theirs)), spread_of(std::move(ratios))};
}

Versus measure_versus(const std::filesystem::path& model_path, const std::string& program, const BenchOptions& options,
                      const Progress& progress) {
  require_measurable(options);
  if (parse_batches(options.batches) != std::vector<std::uint64_t>{1})
    fail(ErrorCode::invalid_argument, "[bench] another program is compared with one sequence at a time; leave the batch sizes away");
  const std::vector<std::uint64_t> depths = parse_depths(options.depths);
  if (depths.size() != 1)
    fail(ErrorCode::invalid_argument, "[bench] another program is compared at one depth at a time, not at '{}'; give one", options.depths);
  const std::filesystem::path file = find_program(program);
  require_gguf_file(model_path);
  const Stopwatch watch;
  const model::Model model = model::load_model(model_path);
  require_depth(model.config(), options, depths.front());
  engine::Engine engine(model, {.threads = options.threads, .isa = std::nullopt});
  Versus versus{.model = model_path.string(),
                .program = file.string(),
                .engine = {},
                .build = {},
                .isa = std::string(kernels::isa_name(engine.isa())),
                .threads = engine.threads(),
                .prefill_tokens = options.prefill_tokens,
                .decode_tokens = options.decode_tokens,
                .depth = depths.front(),
                .load_seconds = watch.seconds()};
  const PeerRequest request{.model = model_path,
                            .prefill_tokens = options.prefill_tokens,
                            .decode_tokens = options.decode_tokens,
                            .depth = depths.front(),
                            .threads = engine.threads(),
                            .seconds = static_cast<double>(options.peer_seconds)};
  OurSide ours(engine, options, depths.front());
  std::uint64_t turns = 0;
  const auto report = [&] {
    if (progress) progress({.stage = "turns", .done = turns, .total = std::uint64_t{2} * options.repetitions, .unit = "turns"});
  };
  for (unsigned i = 0; i < options.repetitions; ++i) {
    versus.pairs.push_back({.ours = ours.turn(), .theirs = {}});
    ++turns, report();
    their_turn(file, request, report, versus);
    ++turns, report();
  }
  return versus;
}

}  // namespace tightrope::eval
