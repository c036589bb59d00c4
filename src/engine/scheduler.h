// Many prompts at once: requests join and leave a running batch at every step, and wait until there are pages for their worst case.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/engine.h"
#include "tightrope/ending.h"
#include "tightrope/options.h"

namespace tightrope::engine {

struct Completion {
  Ending ending = Ending::length;
  std::vector<text::TokenId> tokens;                   // without the prompt and the stop token
  std::uint64_t prompt_tokens = 0, reused_tokens = 0;  // of the prompt, those whose keys and values were there already
  double queued_seconds = 0;                           // until it was admitted
  double prefill_seconds = 0, decode_seconds = 0;      // from then to the first token; from there to the end
  std::string error;                                   // of a request that failed
};

struct Request {
  std::vector<text::TokenId> prompt;
  Sampling sampling = {};
  std::uint64_t max_tokens = 128;
  std::vector<text::TokenId> stop = {};  // besides the model's end-of-text tokens
  bool ignore_end = false;               // of the text; `stop` counts still
  // Both are called by the thread that steps, without locks, and may submit and cancel, but not step. on_token may return false, which
  // cancels the request. When on_end is called the request's pages are free. What they throw cancels the request and leaves step().
  std::function<bool(text::TokenId)> on_token = {};
  std::function<void(const Completion&)> on_end = {};
};

struct SchedulerOptions {
  std::uint64_t parallel = 16;  // texts that run at the same time
  std::uint64_t chunk = 512;    // tokens of prompts in a step, beside one token of each text that is being continued
  std::uint64_t pages = 0;      // of keys and values; 0: for `parallel` texts of the model's whole context
  bool share = true;            // texts that begin alike share pages
};

// Tokens are those that generate() gives for each request, whatever runs beside it, however prompts are cut and whatever pages were there
// already. First come, first served; a text that is being continued gets a token every step.
// submit(), cancel() and what only looks may be called by any thread, step() and run() by one thread at a time. The engine belongs to the
// scheduler while it steps. Destroying it cancels what is left.
class Scheduler {
 public:
  using Id = std::uint64_t;

  // Errors: unsupported (a model that continues no texts), invalid_argument (nothing may run).
  Scheduler(Engine& engine, const SchedulerOptions& options);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Errors: invalid_argument (no tokens; an id beyond the vocabulary; sampling options; more tokens than the model's context, with both
  // numbers), out_of_memory (its worst case needs more pages than there are, with both numbers), interrupted (the scheduler is being
  // destroyed).
  Id submit(Request request);
  // It ends in the step that begins next; a token that is being delivered now may still come. False: there is no such request (any more).
  bool cancel(Id id);

  // One forward pass. Returns whether there is anything left to do. Errors: invalid_argument (another step is under way), what callbacks
  // throw.
  bool step();
  void run();  // steps until nothing is left
  // Waits until there is something to do; false when there still is nothing after that time.
  bool wait(std::chrono::milliseconds time);

  struct Load {
    std::uint64_t queued = 0, running = 0;
    std::uint64_t pages = 0, cached_pages = 0, limit = 0;  // held by running texts; by nobody, but kept to be found; that there may be
    std::uint64_t page_bytes = 0;
  };
  Load load() const;
  void drop_cache() { pool_->drop_cache(); }

 private:
  struct Job;
  struct Work {
    Job* job;
    std::span<const text::TokenId> tokens;
  };
  using Callback = std::function<void()>;

  void check(const Request& request) const;
  bool busy() const;
  void end_cancelled();
  void admit();
  bool fits(const Job& job) const;
  std::vector<Work> compose();
  std::span<const text::TokenId> next_of_prompt(Job& job, std::uint64_t budget);
  std::optional<std::span<const float>> logits_of(std::span<const Work> works, std::string& error);
  void forward(std::span<const Work> works);
  void take_token(Job& job, std::span<const float> logits);
  void end(Job& job, Ending ending, std::string error = {});
  bool guarded(const Callback& callback) noexcept;
  std::shared_ptr<Job> remove(Id id);

  Engine& engine_;
  const SchedulerOptions options_;
  std::shared_ptr<KvPages> pool_;
  std::vector<text::TokenId> end_of_text_;
  std::atomic_flag stepping_;

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  Id last_id_ = 0;
  bool closed_ = false;  // being destroyed
  std::deque<std::shared_ptr<Job>> queued_;
  std::vector<std::shared_ptr<Job>> running_;  // in the order in which they came; changed by the stepping thread alone
  std::unordered_map<Id, std::shared_ptr<Job>> alive_;
  std::exception_ptr thrown_;  // by a callback of this step
};

}  // namespace tightrope::engine
