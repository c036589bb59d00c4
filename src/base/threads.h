// A fixed set of worker threads for loops whose result must not depend on how many there are.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace tightrope {

// Cores this process may really use: affinity and cgroup quota considered. At least 1.
unsigned available_cores();

class ThreadPool {
 public:
  // 0 means available_cores(). The calling thread is one of the `count`.
  explicit ThreadPool(unsigned count = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  unsigned size() const noexcept;

  // Calls body(begin, end) over [0, count) cut into chunks of `grain` (the last may be shorter). Chunk borders depend only on count and
  // grain, never on the number of threads. The first exception is rethrown here after all threads have stopped. One loop at a time;
  // a loop started from inside a body runs on that thread alone.
  void parallel_for(std::uint64_t count, std::uint64_t grain, const std::function<void(std::uint64_t, std::uint64_t)>& body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tightrope
