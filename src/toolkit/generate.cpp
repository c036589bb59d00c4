// Engine: text in, text out.
#include "engine/generate.h"
#include "base/json.h"
#include "tightrope/engine.h"
#include "toolkit/engine_handle.h"
#include "toolkit/generated_text.h"
#include "toolkit/model_handle.h"

namespace tightrope {

Engine::Engine(const Model& model, const EngineOptions& options)
    : implementation_(std::make_unique<Implementation>(Implementation{
          engine::Engine(model.implementation().model, {.threads = options.threads, .isa = std::nullopt, .exact = options.exact})})) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;

Generated Engine::generate(std::string_view prompt, const GenerateOptions& options, const TextSink& sink) {
  return toolkit::generate_from(*this, implementation_->engine.model().require_tokenizer().encode(prompt), options, {}, sink);
}

Generated toolkit::generate_from(Engine& handle, std::span<const text::TokenId> ids, const GenerateOptions& options,
                                 std::vector<text::TokenId> stop, const TextSink& sink) {
  engine::Engine& engine = handle.implementation().engine;
  const text::Tokenizer& tokenizer = engine.model().require_tokenizer();
  Generated result;
  toolkit::GeneratedText text(tokenizer, sink);
  const auto on_token = [&](text::TokenId id) { return text.push(id); };
  const engine::GenerationResult done =
      engine::generate(engine, ids, {.max_tokens = options.max_tokens, .sampling = options.sampling, .stop = std::move(stop)}, on_token);
  text.finish();
  result.text = text.text();
  result.prompt_tokens = ids.size();
  result.tokens = done.tokens.size();
  result.stopped = done.stopped;
  result.prefill_seconds = done.prefill_seconds;
  result.decode_seconds = done.decode_seconds;
  return result;
}

std::string to_json(const Generated& generated) {
  Json json = Json::object();
  json["text"] = Json(generated.text);
  json["prompt_tokens"] = Json(generated.prompt_tokens);
  json["tokens"] = Json(generated.tokens);
  json["stopped"] = Json(generated.stopped);
  json["prefill_seconds"] = Json(generated.prefill_seconds);
  json["decode_seconds"] = Json(generated.decode_seconds);
  return json.dump(2);
}

}  // namespace tightrope
