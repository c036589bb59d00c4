// Prompt in, tokens out, one at a time.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/sampler.h"

namespace tightrope::engine {

struct Generation {
  std::uint64_t max_tokens = 128;
  Sampling sampling;
  std::vector<text::TokenId> stop;  // besides the model's end-of-text token
};

struct GenerationResult {
  std::vector<text::TokenId> tokens;  // without the prompt and the stop token
  bool stopped = false;               // by a stop token; otherwise the length limit
  double prefill_seconds = 0, decode_seconds = 0;
};

// What ends a text of the model, by its config or its tokenizer.
std::vector<text::TokenId> end_tokens(const model::Model& model);

// `on_token` may return false to stop. Errors: invalid_argument when prompt + max_tokens exceed the model's context, with both numbers.
GenerationResult generate(Engine& engine, std::span<const text::TokenId> prompt, const Generation& options,
                          const std::function<bool(text::TokenId)>& on_token = {});

}  // namespace tightrope::engine
