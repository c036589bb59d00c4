// Running a model: text in, text out; or token ids in, logits out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "tightrope/model.h"
#include "tightrope/options.h"
#include "tightrope/progress.h"

namespace tightrope {

struct EngineOptions {
  unsigned threads = 0;  // 0: every available core
  // Block formats are multiplied with activations rounded to 8 bits; a decoder's halves with bf16 ones, and its keys and values are kept
  // as bf16. Exact: weights are decoded and everything else is float32, several times slower.
  bool exact = false;
};

struct GenerateOptions {
  std::uint64_t max_tokens = 128;
  Sampling sampling = {};
};

struct Generated {
  std::string text;  // without the prompt; valid UTF-8
  std::uint64_t prompt_tokens = 0, tokens = 0;
  bool stopped = false;  // by the model's end of text; otherwise by the limit or the caller
  double prefill_seconds = 0, decode_seconds = 0;
};

// Called with whole characters only; false stops the generation.
using TextSink = std::function<bool(std::string_view text)>;

// Not thread-safe: one generation at a time. Same model, prompt, options and seed: the same text for any number of threads.
class Engine {
 public:
  // Errors: unsupported, malformed.
  explicit Engine(const Model& model, const EngineOptions& options = {});
  ~Engine();
  Engine(Engine&&) noexcept;

  // Errors: invalid_argument (prompt and max_tokens exceed the context), unsupported (a model without a tokenizer).
  Generated generate(std::string_view prompt, const GenerateOptions& options = {}, const TextSink& sink = {});

  // For the library's own functions.
  struct Implementation;
  Implementation& implementation() { return *implementation_; }

 private:
  std::unique_ptr<Implementation> implementation_;
};

std::string to_json(const Generated& generated);  // one object

struct LogitsOptions {
  bool hidden = false;  // every hidden state too: "hidden.0" after the embedding … "hidden.N" after the final norm
  bool overwrite = false;
  unsigned threads = 0;
  bool exact = true;  // as in EngineOptions; false: as the model runs
  Progress progress = {};
};

// Runs `input_ids` [batch, tokens] of the safetensors file `ids` and writes `logits` [batch, tokens, vocab], float32. An `attention_mask`
// must be ones followed by zeros in each row (padding on the right); what belongs to masked positions is written as 0. Errors: malformed,
// invalid_argument, unsupported (token_type_ids, or a model that reads whole texts), already_exists, no_space, io.
void write_logits(const Model& model, const std::filesystem::path& ids, const std::filesystem::path& output,
                  const LogitsOptions& options = {});

}  // namespace tightrope
