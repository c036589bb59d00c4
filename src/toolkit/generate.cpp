// Engine: text in, text out.
#include "engine/generate.h"
#include "base/json.h"
#include "tightrope/engine.h"
#include "toolkit/model_handle.h"
#include "toolkit/utf8_stream.h"

namespace tightrope {

struct Engine::Implementation {
  engine::Engine engine;
};

Engine::Engine(const Model& model, const EngineOptions& options)
    : implementation_(std::make_unique<Implementation>(
          Implementation{engine::Engine(model.implementation().model, {.threads = options.threads, .isa = std::nullopt})})) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;

Generated Engine::generate(std::string_view prompt, const GenerateOptions& options, const TextSink& sink) {
  engine::Engine& engine = implementation_->engine;
  const text::Tokenizer& tokenizer = engine.model().require_tokenizer();
  const std::vector<text::TokenId> ids = tokenizer.encode(prompt);
  Generated result;
  toolkit::Utf8Stream stream;
  text::DecodingStream decoding(tokenizer, true);
  const auto emit = [&](const std::string& text) {
    result.text += text;
    return text.empty() || !sink || sink(text);
  };
  // A model may embed more tokens than its tokenizer has (padding up to a round number); those say nothing.
  const auto on_token = [&](text::TokenId id) {
    return emit(id < tokenizer.vocabulary_size() ? stream.push(decoding.push(id)) : std::string());
  };
  const engine::GenerationResult done =
      engine::generate(engine, ids, {.max_tokens = options.max_tokens, .sampling = options.sampling, .stop = {}}, on_token);
  emit(stream.push(decoding.finish()));
  emit(stream.finish());
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
