// What the public Engine hides, and generating from token ids, for the façade's parts that make prompts of their own.
#pragma once

#include <span>
#include <vector>

#include "engine/engine.h"
#include "text/tokenizer.h"
#include "tightrope/engine.h"

namespace tightrope {

struct Engine::Implementation {
  engine::Engine engine;
};

}  // namespace tightrope

namespace tightrope::toolkit {

// `stop` are tokens that end the text besides the model's own.
Generated generate_from(Engine& engine, std::span<const text::TokenId> prompt, const GenerateOptions& options,
                        std::vector<text::TokenId> stop, const TextSink& sink);

}  // namespace tightrope::toolkit
