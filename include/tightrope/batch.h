// Many prompts at once: a text's tokens are those that Engine::generate gives for it, whatever runs beside it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tightrope/ending.h"
#include "tightrope/engine.h"

namespace tightrope {

struct BatchOptions {
  std::uint64_t parallel = 16;  // prompts that run at the same time
  std::uint64_t chunk = 512;    // tokens of prompts in a step, beside one token of each text that is being continued
  std::uint64_t memory = 0;     // bytes of keys and values; 0: for `parallel` whole contexts, at most half of the machine's memory
  bool share_prefixes = true;   // prompts that begin alike share that part's keys and values
};

struct BatchResult {
  Generated generated;
  Ending ending = Ending::length;
  std::uint64_t reused_tokens = 0;  // of the prompt, that were there already
  double queued_seconds = 0;
  std::string error;  // of a prompt that failed
};

// Prompts join and leave at every step and wait, first come, first served, until their worst case has room. submit(), cancel() and load()
// may be called by any thread, step() and run() by one at a time; callbacks are called by the thread that steps. The engine must live
// longer and do nothing else meanwhile. Destroying it cancels what is left.
class Batch {
 public:
  using Id = std::uint64_t;
  using Done = std::function<void(const BatchResult& result)>;

  // Errors: unsupported (a model without a tokenizer or that continues no texts), invalid_argument.
  explicit Batch(Engine& engine, const BatchOptions& options = {});
  ~Batch();
  Batch(Batch&&) noexcept;

  // `sink` sees the text as it comes and returns false to cancel. Errors: invalid_argument (prompt and max_tokens exceed the context),
  // out_of_memory (they would never fit into the memory for keys and values; both numbers).
  Id submit(std::string_view prompt, const GenerateOptions& options, Done done, TextSink sink = {});
  bool cancel(Id id);  // within a step; false: there is no such prompt any more

  bool step();  // returns whether there is anything left to do; throws what callbacks throw
  void run();

  struct Load {
    std::uint64_t queued = 0, running = 0;
    std::uint64_t used_bytes = 0, cached_bytes = 0, limit_bytes = 0;  // of keys and values; cached: to be found by prompts to come
  };
  Load load() const;
  void drop_cache();

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

// A prompt with options of its own.
struct BatchPrompt {
  std::string prompt;
  GenerateOptions options;
};
// One line of JSON Lines: {"prompt": …}, perhaps with "max_tokens", "temperature", "top_k", "top_p", "min_p", "repetition_penalty", "seed"
// instead of the defaults. `number` names the line in errors. Errors: malformed.
BatchPrompt parse_batch_prompt(std::string_view line, std::uint64_t number, const GenerateOptions& defaults);

std::string to_json(const BatchResult& result, std::uint64_t index);  // one line
// One document: all results and what they took together.
std::string to_json(std::span<const BatchResult> results, double seconds);

}  // namespace tightrope
