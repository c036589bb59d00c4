// What a parallel loop costs when its body does nothing: the floor under every op of a decode step.
#include <benchmark/benchmark.h>

#include "base/threads.h"

namespace {

void empty_loop(benchmark::State& state) {
  tightrope::ThreadPool pool(static_cast<unsigned>(state.range(0)));
  for ([[maybe_unused]] auto step : state) {
    pool.parallel_for(16, 1, [](std::uint64_t begin, std::uint64_t) { benchmark::DoNotOptimize(begin); });
  }
}
BENCHMARK(empty_loop)->Name("threads/empty_loop")->Arg(1)->Arg(2)->Arg(4)->UseRealTime();

}  // namespace
