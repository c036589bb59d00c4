// How fast this machine reads memory: threads add up a buffer far larger than the caches.
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include "base/clock.h"
#include "base/cpu.h"
#include "base/error.h"
#include "base/threads.h"
#include "eval/latency.h"

namespace tightrope::eval {
namespace {

constexpr std::uint64_t kSmallest = std::uint64_t{512} << 20;  // bytes read a pass
constexpr std::uint64_t kGrain = std::uint64_t{2} << 20;       // bytes a thread takes at once: a huge page
constexpr int kPasses = 6;

// Anonymous memory in huge pages where the system has them: with small ones the probe measures address translation.
class Buffer {
 public:
  explicit Buffer(std::uint64_t bytes) : bytes_(bytes) {
    data_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data_ == MAP_FAILED) {
      fail(ErrorCode::out_of_memory, "[bandwidth] no room for a buffer of {} bytes; free some memory and try again", bytes);
    }
    madvise(data_, bytes, MADV_HUGEPAGE);  // advice: a refusal is no error
  }
  ~Buffer() { munmap(data_, bytes_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  std::span<std::uint64_t> words() const { return {static_cast<std::uint64_t*>(data_), bytes_ / sizeof(std::uint64_t)}; }

 private:
  void* data_ = nullptr;
  std::uint64_t bytes_;
};

// Four times the last cache, but no more than a quarter of the memory.
std::uint64_t buffer_bytes() {
  const CpuFacts facts = cpu_facts();
  const std::uint64_t wanted = std::max(kSmallest, 4 * facts.cache_l3_bytes);
  const std::uint64_t limit = std::max(kGrain, facts.memory_bytes / 4);
  return std::min(wanted, limit) / kGrain * kGrain;
}

std::uint64_t sum(std::span<const std::uint64_t> words) {
  constexpr std::size_t kLine = 8, kAhead = 64 * kLine;  // words of a cache line; how far ahead lines are asked for
  std::array<std::uint64_t, 2 * kLine> lanes{};
  for (std::size_t i = 0; i + lanes.size() <= words.size(); i += lanes.size()) {
    __builtin_prefetch(words.data() + std::min(i + kAhead, words.size() - 1));
    __builtin_prefetch(words.data() + std::min(i + kAhead + kLine, words.size() - 1));
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) lanes[lane] += words[i + lane];
  }
  std::uint64_t total = 0;
  for (const std::uint64_t lane : lanes) total += lane;
  return total;
}

}  // namespace

double measure_read_bandwidth(unsigned threads) {
  const Buffer buffer(buffer_bytes());
  const std::span<std::uint64_t> words = buffer.words();
  ThreadPool pool(threads);
  constexpr std::uint64_t kWords = kGrain / sizeof(std::uint64_t);
  pool.parallel_for(words.size(), kWords, [&](std::uint64_t begin, std::uint64_t end) {
    std::ranges::fill(words.subspan(begin, end - begin), begin);  // real pages: the shared zero page would stay in the cache
  });
  std::atomic<std::uint64_t> total = 0;  // used, so that the reading is not optimised away
  double best = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    const Stopwatch watch;
    pool.parallel_for(words.size(), kWords, [&](std::uint64_t begin, std::uint64_t end) {
      total.fetch_add(sum(words.subspan(begin, end - begin)), std::memory_order_relaxed);
    });
    best = std::max(best, static_cast<double>(words.size_bytes()) / watch.seconds());
  }
  return best;
}

}  // namespace tightrope::eval
