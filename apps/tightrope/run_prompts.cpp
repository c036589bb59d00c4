// Reading prompts, running them together, writing lines in order.
#include "run_prompts.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "signals.h"
#include "terminal.h"
#include "text_lines.h"
#include "tightrope/error.h"

namespace tightrope::app {
namespace {

using Clock = std::chrono::steady_clock;

// Results by the numbers of their prompts; those whose predecessors are known leave as lines.
class Results {
 public:
  Results(std::size_t count, bool lines) : results_(count), lines_(lines) {}

  void set(std::size_t index, BatchResult result) {
    failed_ += result.ending == Ending::failed ? 1 : 0;
    tokens_ += result.generated.tokens;
    results_[index] = std::move(result);
    for (; lines_ && next_ < results_.size() && results_[next_]; ++next_) print_line(to_json(*results_[next_], next_));
    if (lines_) flush_output();
  }
  std::vector<BatchResult> all() && {
    std::vector<BatchResult> all;
    for (std::optional<BatchResult>& result : results_) all.push_back(std::move(*result));
    return all;
  }
  std::size_t failed() const { return failed_; }
  std::uint64_t tokens() const { return tokens_; }

 private:
  std::vector<std::optional<BatchResult>> results_;
  bool lines_;
  std::size_t next_ = 0, failed_ = 0;
  std::uint64_t tokens_ = 0;
};

void submit(Batch& batch, const BatchPrompt& prompt, std::size_t index, Results& results) {
  try {
    batch.submit(prompt.prompt, prompt.options, [&results, index](const BatchResult& result) { results.set(index, result); });
  } catch (const Error& error) {
    BatchResult refused;
    refused.ending = Ending::failed;
    refused.error = error.what();
    results.set(index, std::move(refused));
  }
}

std::vector<BatchPrompt> read_prompts(const Prompts& prompts, const GenerateOptions& options) {
  std::vector<BatchPrompt> all;
  for (std::string& line : read_lines(prompts.file))
    all.push_back(prompts.jsonl ? parse_batch_prompt(line, all.size() + 1, options) : BatchPrompt{std::move(line), options});
  if (all.empty()) throw Error(ErrorCode::invalid_argument, fmt::format("[run] '{}' holds no prompt; give one a line", prompts.file));
  return all;
}

}  // namespace

void add_prompts(Verb& verb, Prompts& prompts) {
  verb.option("--prompts", prompts.file, "FILE", "Many texts to continue, one a line, instead of PROMPT; - is standard input");
  verb.flag("--jsonl", prompts.jsonl,
            "Each line of FILE is JSON: {\"prompt\": …}, perhaps with \"max_tokens\", \"temperature\", \"seed\" …");
  verb.option("--parallel", prompts.batch.parallel, "N", "Prompts that run at the same time (default 16)", {.least = 1, .most = 4096});
  verb.option("--chunk", prompts.batch.chunk, "N", "Tokens of prompts that are read in a step (default 512)",
              {.least = 1, .most = std::uint64_t{1} << 20});
  verb.option("--kv-memory", prompts.memory, "MIB", "Most memory for keys and values; 0: by N and the context, up to half of the machine's",
              {.most = std::uint64_t{1} << 30});
}

void run_prompts(Engine& engine, const Prompts& prompts, const GenerateOptions& options, bool json) {
  const std::vector<BatchPrompt> all = read_prompts(prompts, options);
  BatchOptions chosen = prompts.batch;
  chosen.memory = prompts.memory << 20;
  Results results(all.size(), !json);
  const Clock::time_point start = Clock::now();
  {
    Batch batch(engine, chosen);
    for (std::size_t i = 0; i < all.size(); ++i) submit(batch, all[i], i, results);
    while (batch.step()) throw_if_interrupted();
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const std::size_t failed = results.failed();
  if (json) {
    print_line(to_json(std::move(results).all(), seconds));
  } else {
    note(fmt::format("{} prompts, {} tokens generated at {:.1f}/s", all.size(), results.tokens(),
                     seconds > 0 ? static_cast<double>(results.tokens()) / seconds : 0));
  }
  flush_output();
  if (failed > 0)
    throw Error(ErrorCode::invalid_argument, fmt::format("[run] {} of {} prompts failed; their \"error\" says why", failed, all.size()));
}

}  // namespace tightrope::app
