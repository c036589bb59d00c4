// A step: end what was cancelled, admit what fits, one forward pass of a token each and a chunk of prompts, deliver.
#include "engine/scheduler.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "engine/batch.h"
#include "engine/generate.h"

namespace tightrope::engine {
namespace {

bool holds(const std::vector<text::TokenId>& list, text::TokenId id) { return std::ranges::find(list, id) != list.end(); }

// The last token that is generated is never run.
std::uint64_t tokens_to_run(const Request& request) { return request.prompt.size() + std::max<std::uint64_t>(1, request.max_tokens) - 1; }

std::uint64_t pages_of(const SchedulerOptions& options, const model::Config& config) {
  return options.pages != 0 ? options.pages : options.parallel * std::max<std::uint64_t>(1, pages_for(config.context));
}

}  // namespace

struct Scheduler::Job {
  Job(Id number, Request&& wanted) : id(number), request(std::move(wanted)), sampler(request.sampling), all(request.prompt) {
    result.prompt_tokens = request.prompt.size();
  }

  const Id id;
  const Request request;
  std::atomic<bool> cancelled = false;
  // Of the stepping thread alone.
  Sampler sampler;
  std::vector<text::TokenId> all;  // the prompt and what was generated
  std::optional<Sequence> sequence;
  std::uint64_t pages = 0;  // it may come to hold
  Completion result;
  Stopwatch watch;

  bool continues() const { return !result.tokens.empty(); }
  std::span<const text::TokenId> rest() const { return std::span(all).subspan(sequence->length()); }  // not run yet
  double lap() {
    const double seconds = watch.seconds();
    watch.restart();
    return seconds;
  }
};

Scheduler::Scheduler(Engine& engine, const SchedulerOptions& options) : engine_(engine), options_(options) {
  check_continues(engine.model());
  if (options.parallel == 0 || options.chunk == 0)
    fail(ErrorCode::invalid_argument, "[scheduler] {} texts at a time and {} tokens a step run nothing; give at least 1 of each",
         options.parallel, options.chunk);
  pool_ = engine.new_pages({.limit = pages_of(options, engine.model().config()), .share = options.share});
  end_of_text_ = end_tokens(engine.model());
}

Scheduler::~Scheduler() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& [id, job] : alive_) job->cancelled = true;
  }
  end_cancelled();
}

void Scheduler::check(const Request& request) const {
  const model::Config& config = engine_.model().config();
  if (request.prompt.empty()) fail(ErrorCode::invalid_argument, "[scheduler] the prompt has no tokens; give at least one");
  for (const text::TokenId id : request.prompt)
    if (id >= config.vocab) fail(ErrorCode::invalid_argument, "[scheduler] token id {} is beyond the vocabulary of {}", id, config.vocab);
  const std::uint64_t limit = position_limit(engine_.model());
  if (request.prompt.size() > limit || request.max_tokens > limit - request.prompt.size())
    fail(ErrorCode::invalid_argument, "[scheduler] {} prompt tokens and {} new ones exceed the model's context of {}; ask for fewer",
         request.prompt.size(), request.max_tokens, limit);
  const std::uint64_t pages = pages_for(tokens_to_run(request));
  if (pages > pool_->limit())
    fail(ErrorCode::out_of_memory,
         "[scheduler] {} prompt tokens and {} new ones need {} pages of keys and values, more than the {} that there may be; ask for fewer "
         "tokens or allow more memory",
         request.prompt.size(), request.max_tokens, pages, pool_->limit());
}

Scheduler::Id Scheduler::submit(Request request) {
  check(request);
  const std::uint64_t pages = pages_for(tokens_to_run(request));
  const std::lock_guard lock(mutex_);
  if (closed_) fail(ErrorCode::interrupted, "[scheduler] it is being destroyed and takes no more requests");
  const auto job = std::make_shared<Job>(last_id_ + 1, std::move(request));
  job->pages = pages;
  queued_.push_back(job);
  try {
    alive_.emplace(job->id, job);
  } catch (...) {
    queued_.pop_back();
    throw;
  }
  arrived_.notify_all();
  return ++last_id_;
}

bool Scheduler::cancel(Id id) {
  const std::lock_guard lock(mutex_);
  const auto found = alive_.find(id);
  if (found == alive_.end()) return false;
  arrived_.notify_all();
  return !found->second->cancelled.exchange(true);
}

bool Scheduler::busy() const {
  const std::lock_guard lock(mutex_);
  return !alive_.empty();
}

bool Scheduler::wait(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return arrived_.wait_for(lock, time, [&] { return !alive_.empty(); });
}

Scheduler::Load Scheduler::load() const {
  const KvPages::Counts counts = pool_->counts();
  const std::lock_guard lock(mutex_);
  return {queued_.size(), running_.size(), counts.held, counts.cached, pool_->limit(), pool_->layout().page_bytes};
}

bool Scheduler::step() {
  if (stepping_.test_and_set()) fail(ErrorCode::invalid_argument, "[scheduler] a step is under way; let one thread step, and no callback");
  const auto stop = [](std::atomic_flag* flag) { flag->clear(); };
  const std::unique_ptr<std::atomic_flag, decltype(stop)> stepping(&stepping_, stop);
  end_cancelled();
  admit();
  const std::vector<Work> works = compose();
  if (!works.empty()) forward(works);
  if (thrown_ != nullptr) std::rethrow_exception(std::exchange(thrown_, nullptr));
  return busy();
}

void Scheduler::run() {
  while (step()) {
  }
}

void Scheduler::end_cancelled() {
  std::vector<std::shared_ptr<Job>> cancelled;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, job] : alive_)
      if (job->cancelled) cancelled.push_back(job);
  }
  std::ranges::sort(cancelled, {}, [](const std::shared_ptr<Job>& job) { return job->id; });
  for (const std::shared_ptr<Job>& job : cancelled) end(*job, Ending::cancelled);
}

// Pages that running texts do not hold yet are theirs: what is left of the limit beside them is free, for nobody needs the cache.
bool Scheduler::fits(const Job& job) const {
  std::uint64_t taken = pool_->counts().held;
  for (const std::shared_ptr<Job>& other : running_) taken += other->pages - other->sequence->pages();
  return job.pages - pool_->prefix_of(job.request.prompt).held <= pool_->limit() - taken;
}

void Scheduler::admit() {
  for (;;) {
    std::shared_ptr<Job> job;
    {
      const std::lock_guard lock(mutex_);
      if (queued_.empty() || running_.size() >= options_.parallel) return;
      job = queued_.front();
    }
    if (!fits(*job)) return;  // those behind it wait, too: first come, first served
    job->sequence.emplace(engine_.new_sequence(tokens_to_run(job->request), pool_));
    job->result.reused_tokens = job->sequence->reuse(job->rest());
    job->result.queued_seconds = job->lap();
    {
      const std::lock_guard lock(mutex_);
      running_.push_back(job);
      queued_.pop_front();
    }
    if (job->request.max_tokens == 0) end(*job, Ending::length);
  }
}

// A token of each text that is being continued, and as much of the prompts, the oldest first, as a step may run.
std::vector<Scheduler::Work> Scheduler::compose() {
  std::vector<Work> works;
  std::uint64_t budget = options_.chunk;
  for (const std::shared_ptr<Job>& job : running_) {
    const std::span<const text::TokenId> tokens = job->continues() ? job->rest() : next_of_prompt(*job, budget);
    if (!job->continues()) budget -= tokens.size();
    if (!tokens.empty()) works.push_back({job.get(), tokens});
  }
  return works;
}

// A prompt is cut at borders of pages where that is possible: another one that began alike may have filled the next page meanwhile.
std::span<const text::TokenId> Scheduler::next_of_prompt(Job& job, std::uint64_t budget) {
  if (budget == 0) return {};
  job.result.reused_tokens += job.sequence->reuse(job.rest());
  const std::span<const text::TokenId> rest = job.rest();
  if (rest.size() <= budget) return rest;
  const std::uint64_t beyond = (job.sequence->length() + budget) % kPagePositions;
  return rest.first(beyond < budget ? budget - beyond : budget);
}

std::optional<std::span<const float>> Scheduler::logits_of(std::span<const Work> works, std::string& error) {
  std::vector<Chunk> chunks;
  for (const Work& work : works) chunks.push_back({.sequence = &*work.job->sequence, .tokens = work.tokens});
  try {
    return engine_.forward(chunks);
  } catch (const std::exception& thrown) {
    error = thrown.what();
    return std::nullopt;
  }
}

// What cannot be run together may be the fault of one: each is run alone, and those that still fail end.
void Scheduler::forward(std::span<const Work> works) {
  std::string error;
  const std::optional<std::span<const float>> all = logits_of(works, error);
  if (!all) {
    if (works.size() == 1) return end(*works.front().job, Ending::failed, std::move(error));
    for (const Work& work : works) forward({&work, 1});
    return;
  }
  const std::span<const float> logits = *all;
  const std::size_t width = logits.size() / works.size();
  for (std::size_t i = 0; i < works.size(); ++i)
    if (works[i].job->rest().empty()) take_token(*works[i].job, logits.subspan(i * width, width));
}

void Scheduler::take_token(Job& job, std::span<const float> logits) {
  if (job.cancelled) return;  // ends in the next step
  const text::TokenId id = job.sampler.next(logits, job.all);
  if (!job.continues()) job.result.prefill_seconds = job.lap();
  if (holds(job.request.stop, id) || (!job.request.ignore_end && holds(end_of_text_, id))) return end(job, Ending::end_of_text);
  job.result.tokens.push_back(id);
  job.all.push_back(id);
  bool goes_on = true;
  const bool threw = !guarded([&] { goes_on = !job.request.on_token || job.request.on_token(id); });
  if (threw || !goes_on) return end(job, Ending::cancelled);
  if (job.result.tokens.size() == job.request.max_tokens) end(job, Ending::length);
}

void Scheduler::end(Job& job, Ending ending, std::string error) {
  const std::shared_ptr<Job> kept = remove(job.id);
  Completion& result = job.result;
  if (job.continues()) {
    result.decode_seconds = job.lap();
  } else if (!job.sequence) {
    result.queued_seconds = job.lap();
  }
  result.ending = ending;
  result.error = std::move(error);
  job.sequence.reset();
  guarded([&] {
    if (job.request.on_end) job.request.on_end(result);
  });
}

std::shared_ptr<Scheduler::Job> Scheduler::remove(Id id) {
  const std::lock_guard lock(mutex_);
  const auto is = [id](const std::shared_ptr<Job>& job) { return job->id == id; };
  std::erase_if(queued_, is);
  std::erase_if(running_, is);
  const auto found = alive_.find(id);
  std::shared_ptr<Job> job = std::move(found->second);
  alive_.erase(found);
  return job;
}

// Keeps the first exception of the step for its end; false when there was one.
bool Scheduler::guarded(const Callback& callback) noexcept {
  try {
    callback();
    return true;
  } catch (...) {
    if (thrown_ == nullptr) thrown_ = std::current_exception();
    return false;
  }
}

}  // namespace tightrope::engine
