// Runs the probes on threads.
#include "kernels/ceilings.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/clock.h"
#include "base/cpu.h"
#include "base/pages.h"
#include "base/threads.h"
#include "kernels/probe.h"

namespace tightrope::kernels {
namespace {

constexpr std::uint64_t kGrain = std::uint64_t{1} << 20;  // bytes a thread takes at once: neighbours work side by side
constexpr int kPasses = 6;

std::uint64_t buffer_bytes() {
  const CpuFacts facts = cpu_facts();
  const std::uint64_t wanted = std::max(std::uint64_t{1} << 30, 8 * facts.cache_l3_bytes);
  return std::max(kGrain, std::min(wanted, facts.memory_bytes / 4) / kGrain * kGrain);
}

// Real pages (untouched ones are all the same page of zeros, which stays in the cache), no two of them alike.
Pages filled_buffer(ThreadPool& pool) {
  Pages pages(buffer_bytes());
  pool.parallel_for(pages.size(), kGrain, [&](std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t at = begin; at < end; at += sizeof at) {
      const std::uint64_t word = (at + 1) * 0x9e3779b97f4a7c15u;  // an odd factor: all differ, none is 0
      std::memcpy(pages.data() + at, &word, sizeof word);
    }
  });
  return pages;
}

double best_reading(const ProbeTable& probes, const Pages& pages, ThreadPool& pool) {
  std::atomic<std::uint64_t> total = 0;  // used, so that the reading is not optimised away
  double best = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    const Stopwatch watch;
    pool.parallel_for(pages.size(), kGrain, [&](std::uint64_t begin, std::uint64_t end) {
      total.fetch_add(probes.read(pages.data() + begin, end - begin), std::memory_order_relaxed);
    });
    best = std::max(best, static_cast<double>(pages.size()) / watch.seconds());
  }
  return best;
}

// Operations per second of all threads together.
double best_peak(const PeakLoop& loop, ThreadPool& pool) {
  constexpr std::size_t kRounds = 50000;          // a tenth of a millisecond
  constexpr int kTries = 20;                      // short and many: on a busy machine some are undisturbed
  const std::uint64_t pieces = 32 * pool.size();  // a few milliseconds: a late thread costs little
  double best = 0;
  for (int pass = 0; pass < kTries; ++pass) {
    const Stopwatch watch;
    pool.parallel_for(pieces, 1, [&](std::uint64_t, std::uint64_t) { loop.run(kRounds); });
    best = std::max(best, static_cast<double>(pieces * kRounds) * loop.operations / watch.seconds());
  }
  return best;
}

}  // namespace

const Peak* Ceilings::find(std::string_view arithmetic) const {
  const auto found = std::ranges::find(peaks, arithmetic, &Peak::arithmetic);
  return found == peaks.end() ? nullptr : &*found;
}

double measure_read_bandwidth(Isa isa, unsigned threads) {
  ThreadPool pool(threads);
  return best_reading(probe_table(isa), filled_buffer(pool), pool);
}

Ceilings measure_ceilings(Isa isa, unsigned threads) {
  ThreadPool one(1), all(threads);
  const ProbeTable& probes = probe_table(isa);
  Ceilings ceilings{.threads = all.size()};
  {
    const Pages pages = filled_buffer(all);
    ceilings.read_one_thread = best_reading(probes, pages, one);
    ceilings.read_all_threads = best_reading(probes, pages, all);
  }
  for (const PeakLoop& loop : probes.peaks)
    if (loop.available == nullptr || loop.available())
      ceilings.peaks.push_back({std::string(loop.arithmetic), std::string(loop.instruction), best_peak(loop, one), best_peak(loop, all)});
  return ceilings;
}

}  // namespace tightrope::kernels
