// A loop's workers may join or miss it: whoever is awake claims chunks, and nobody waits for a sleeper. So a short loop costs about a
// microsecond even when the machine is busy, and a decode step of many short loops never pays a wake-up.
#include "base/threads.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <filesystem>
#include <fstream>
#include <limits>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"

namespace tightrope {
namespace {

using Body = std::function<void(std::uint64_t, std::uint64_t)>;

constexpr auto kSpin = std::chrono::microseconds(20);  // how long to watch for work before sleeping
constexpr unsigned kMaximumThreads = 4096;

thread_local bool inside_loop = false;

void pause_briefly() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Watches for kSpin at most; true as soon as `ready` is.
template <class Ready>
bool spin_until(const Ready& ready) {
  const auto deadline = std::chrono::steady_clock::now() + kSpin;
  do {
    for (int i = 0; i < 64; ++i) {
      if (ready()) return true;
      pause_briefly();
    }
  } while (std::chrono::steady_clock::now() < deadline);
  return ready();
}

// The first number of a kernel text file; `none` when there is no such file or it holds a word.
double number_in(const std::filesystem::path& file, double none, double* second = nullptr) {
  std::ifstream stream(file);
  double value = none;
  if (!(stream >> value)) return none;
  if (second != nullptr) stream >> *second;
  return value;
}

// The tightest quota of this process's control group and its ancestors, in cores; infinite when there is none.
double quota_cores() {
  const std::filesystem::path root = "/sys/fs/cgroup";
  std::filesystem::path group = root;
  std::ifstream membership("/proc/self/cgroup");
  for (std::string line; std::getline(membership, line);) {
    if (line.starts_with("0::/")) group /= line.substr(4);  // version 2; an empty name is the root
  }
  double cores = std::numeric_limits<double>::infinity();
  const auto limit = [&](double quota, double period) {
    if (quota > 0 && period > 0) cores = std::min(cores, quota / period);
  };
  for (;; group = group.parent_path()) {
    double period = 0;
    const double quota = number_in(group / "cpu.max", -1, &period);
    limit(quota, period);
    if (group == root || group.parent_path() == group) break;
  }
  limit(number_in(root / "cpu/cpu.cfs_quota_us", -1), number_in(root / "cpu/cpu.cfs_period_us", 0));  // version 1
  return cores;
}

unsigned affinity_cores() {
  for (int cpus = CPU_SETSIZE; cpus <= 1 << 20; cpus *= 4) {  // the kernel refuses a set smaller than its own
    cpu_set_t* set = CPU_ALLOC(static_cast<std::size_t>(cpus));
    if (set == nullptr) return 0;
    const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(cpus));
    const int found = sched_getaffinity(0, bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (found > 0) return static_cast<unsigned>(found);
  }
  return 0;
}

// Runs chunk after chunk on the calling thread.
void run_alone(std::uint64_t count, std::uint64_t grain, const Body& body) {
  for (std::uint64_t begin = 0; begin < count;) {
    const std::uint64_t end = begin + std::min(grain, count - begin);
    body(begin, end);
    begin = end;
  }
}

struct InsideLoop {
  InsideLoop() { inside_loop = true; }
  ~InsideLoop() { inside_loop = false; }
  InsideLoop(const InsideLoop&) = delete;
  InsideLoop& operator=(const InsideLoop&) = delete;
};

}  // namespace

unsigned available_cores() {
  unsigned cores = affinity_cores();
  if (cores == 0) cores = std::max(1u, std::thread::hardware_concurrency());
  return static_cast<unsigned>(std::clamp(std::round(quota_cores()), 1.0, static_cast<double>(cores)));
}

struct ThreadPool::State {
  explicit State(unsigned count) {
    try {
      while (workers_.size() + 1 < count) workers_.emplace_back([this] { work(); });
    } catch (const std::system_error& error) {
      stop();
      fail(ErrorCode::io, "[threads] the system refuses a pool of {} threads ({}); ask for fewer", count, error.what());
    } catch (...) {
      stop();
      throw;
    }
  }
  ~State() { stop(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  unsigned size() const noexcept { return static_cast<unsigned>(workers_.size()) + 1; }
  void run(std::uint64_t count, std::uint64_t grain, const Body& body);

 private:
  // The gate packs what must change together: loop number (bits 33..63), open (bit 32), workers inside (bits 0..31). A worker enters by
  // adding one while it is open; the caller closes it and waits for zero. So the fields below it change only while nobody is inside.
  static constexpr std::uint64_t kOpen = std::uint64_t{1} << 32;
  static constexpr std::uint64_t inside(std::uint64_t now) { return now & (kOpen - 1); }
  static constexpr std::uint64_t loop_of(std::uint64_t now) { return now >> 33; }
  static constexpr bool is_open(std::uint64_t now) { return (now & kOpen) != 0; }

  bool has_work(std::uint64_t seen) const {
    const std::uint64_t now = gate_.load();
    return stopping_.load() || (is_open(now) && loop_of(now) != seen);
  }

  void stop();
  void work();
  bool enter(std::uint64_t& seen);
  void leave();
  void sleep_until_work(std::uint64_t seen);
  void open();
  void close();
  void claim_chunks();

  std::vector<std::thread> workers_;
  std::mutex one_loop_;  // held by the thread whose loop it is

  alignas(64) std::atomic<std::uint64_t> gate_{0};
  std::uint64_t count_ = 0, grain_ = 1, chunks_ = 0;
  const Body* body_ = nullptr;
  std::exception_ptr failure_;  // guarded by sleep_

  alignas(64) std::atomic<std::uint64_t> next_{0};  // the next chunk to claim

  alignas(64) std::mutex sleep_;
  std::condition_variable wake_, left_;
  std::atomic<std::uint64_t> sleepers_{0};
  std::atomic<bool> caller_sleeps_{false}, stopping_{false};
};

void ThreadPool::State::stop() {
  {
    const std::lock_guard lock(sleep_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
}

void ThreadPool::State::claim_chunks() {
  const InsideLoop mark;
  for (;;) {
    const std::uint64_t chunk = next_.fetch_add(1, std::memory_order_relaxed);
    if (chunk >= chunks_) return;
    const std::uint64_t begin = chunk * grain_;
    try {
      (*body_)(begin, begin + std::min(grain_, count_ - begin));
    } catch (...) {
      const std::lock_guard lock(sleep_);
      if (!failure_) failure_ = std::current_exception();
      next_ = chunks_;  // nothing more to claim
    }
  }
}

bool ThreadPool::State::enter(std::uint64_t& seen) {
  std::uint64_t now = gate_.load();
  while (is_open(now) && loop_of(now) != seen) {
    if (!gate_.compare_exchange_weak(now, now + 1)) continue;
    seen = loop_of(now);
    return true;
  }
  return false;
}

void ThreadPool::State::leave() {
  const std::uint64_t before = gate_.fetch_sub(1);
  if (is_open(before) || inside(before) != 1 || !caller_sleeps_.load()) return;
  const std::lock_guard lock(sleep_);
  left_.notify_one();
}

void ThreadPool::State::sleep_until_work(std::uint64_t seen) {
  std::unique_lock lock(sleep_);
  ++sleepers_;  // before looking again: the caller looks at sleepers_ after opening, so one of the two sees the other
  wake_.wait(lock, [&] { return has_work(seen); });
  --sleepers_;
}

void ThreadPool::State::work() {
  for (std::uint64_t seen = 0; !stopping_.load();) {
    if (enter(seen)) {
      claim_chunks();
      leave();
    } else if (!spin_until([&] { return has_work(seen); })) {
      sleep_until_work(seen);
    }
  }
}

void ThreadPool::State::open() {
  next_ = 0;
  gate_ = ((loop_of(gate_.load()) + 1) << 33) | kOpen;
  const std::uint64_t useful = std::min(sleepers_.load(), chunks_ - 1);
  if (useful == 0) return;
  { const std::lock_guard lock(sleep_); }  // whoever counted itself a sleeper is now really waiting
  for (std::uint64_t i = 0; i < useful; ++i) wake_.notify_one();
}

void ThreadPool::State::close() {
  gate_.fetch_and(~kOpen);
  const auto empty = [&] { return inside(gate_.load()) == 0; };
  if (spin_until(empty)) return;
  std::unique_lock lock(sleep_);
  caller_sleeps_ = true;
  left_.wait(lock, empty);
  caller_sleeps_ = false;
}

void ThreadPool::State::run(std::uint64_t count, std::uint64_t grain, const Body& body) {
  const std::lock_guard lock(one_loop_);
  count_ = count;
  grain_ = grain;
  chunks_ = (count - 1) / grain + 1;
  body_ = &body;
  open();
  claim_chunks();
  close();
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

ThreadPool::ThreadPool(unsigned count) {
  if (count > kMaximumThreads) {
    fail(ErrorCode::invalid_argument, "[threads] {} threads asked for, {} is the most; give the number of cores", count, kMaximumThreads);
  }
  state_ = std::make_unique<State>(count == 0 ? available_cores() : count);
}

ThreadPool::~ThreadPool() = default;

unsigned ThreadPool::size() const noexcept { return state_->size(); }

void ThreadPool::parallel_for(std::uint64_t count, std::uint64_t grain, const Body& body) {
  if (grain == 0) fail(ErrorCode::invalid_argument, "[threads] a loop's grain is 0; it must be at least 1");
  if (count == 0) return;
  if (inside_loop || count <= grain || size() == 1) return run_alone(count, grain, body);
  state_->run(count, grain, body);
}

}  // namespace tightrope
