// Batch: prompts in, texts out, many at once.
#include "tightrope/batch.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/cpu.h"
#include "base/error.h"
#include "base/json.h"
#include "engine/scheduler.h"
#include "toolkit/engine_handle.h"
#include "toolkit/generated_text.h"

namespace tightrope {
namespace {

std::uint64_t page_bytes_of(const engine::Engine& engine) { return engine.new_pages({})->layout().page_bytes; }

// Without a limit that was asked for: what the texts can use, as far as half of the memory goes.
std::uint64_t pages_for_memory(const engine::Engine& engine, const BatchOptions& options) {
  const std::uint64_t page = page_bytes_of(engine);
  if (options.memory != 0) {
    if (options.memory < page)
      fail(ErrorCode::invalid_argument, "[batch] {} bytes of keys and values hold no page of {} bytes; allow at least that", options.memory,
           page);
    return options.memory / page;
  }
  const std::uint64_t whole = std::max<std::uint64_t>(1, engine::pages_for(engine.model().config().context));
  const std::uint64_t half = cpu_facts().memory_bytes / 2 / page;
  return std::max<std::uint64_t>(1, options.parallel < half / whole ? options.parallel * whole : half);
}

Generated generated_of(const engine::Completion& done, const toolkit::GeneratedText& text) {
  return {.text = text.text(),
          .prompt_tokens = done.prompt_tokens,
          .tokens = done.tokens.size(),
          .stopped = done.ending == Ending::end_of_text,
          .prefill_seconds = done.prefill_seconds,
          .decode_seconds = done.decode_seconds};
}

constexpr std::array<const char*, 4> kEndings = {"end_of_text", "length", "cancelled", "failed"};  // by Ending

Json json_of(const BatchResult& result, std::uint64_t index) {
  Json json = Json::object();
  json["index"] = Json(index);
  json["text"] = Json(result.generated.text);
  json["prompt_tokens"] = Json(result.generated.prompt_tokens);
  json["reused_tokens"] = Json(result.reused_tokens);
  json["tokens"] = Json(result.generated.tokens);
  json["ending"] = Json(kEndings[static_cast<std::size_t>(result.ending)]);
  json["queued_seconds"] = Json(result.queued_seconds);
  json["prefill_seconds"] = Json(result.generated.prefill_seconds);
  json["decode_seconds"] = Json(result.generated.decode_seconds);
  if (!result.error.empty()) json["error"] = Json(result.error);
  return json;
}

// The fields of a prompt's line and where they go.
struct Field {
  const char* name;
  void (*read)(BatchPrompt& prompt, const Json& value, const char* name);
};

template <auto Member>
void read_float(BatchPrompt& prompt, const Json& value, const char* name) {
  prompt.options.sampling.*Member = static_cast<float>(value.as_double(name));
}

constexpr Field kFields[] = {
    {"prompt", [](BatchPrompt& prompt, const Json& value, const char* name) { prompt.prompt = value.as_string(name); }},
    {"max_tokens", [](BatchPrompt& prompt, const Json& value, const char* name) { prompt.options.max_tokens = value.as_uint(name); }},
    {"temperature", read_float<&Sampling::temperature>},
    {"top_k",
     [](BatchPrompt& prompt, const Json& value, const char* name) {
       constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
       prompt.options.sampling.top_k = static_cast<std::uint32_t>(std::min(kMost, value.as_uint(name)));
     }},
    {"top_p", read_float<&Sampling::top_p>},
    {"min_p", read_float<&Sampling::min_p>},
    {"repetition_penalty", read_float<&Sampling::repetition_penalty>},
    {"seed", [](BatchPrompt& prompt, const Json& value, const char* name) { prompt.options.sampling.seed = value.as_uint(name); }},
};

std::string known_fields() {
  std::string names;
  for (const Field& field : kFields) names += (names.empty() ? "" : ", ") + fmt::format("\"{}\"", field.name);
  return names;
}

}  // namespace

struct Batch::Implementation {
  Implementation(engine::Engine& source, const BatchOptions& options)
      : engine(source),
        tokenizer(source.model().require_tokenizer()),
        scheduler(source, {.parallel = options.parallel,
                           .chunk = options.chunk,
                           .pages = pages_for_memory(source, options),
                           .share = options.share_prefixes}) {}

  engine::Engine& engine;
  const text::Tokenizer& tokenizer;
  engine::Scheduler scheduler;
};

Batch::Batch(Engine& engine, const BatchOptions& options)
    : implementation_(std::make_unique<Implementation>(engine.implementation().engine, options)) {}
Batch::~Batch() = default;
Batch::Batch(Batch&&) noexcept = default;

Batch::Id Batch::submit(std::string_view prompt, const GenerateOptions& options, Done done, TextSink sink) {
  const text::Tokenizer& tokenizer = implementation_->tokenizer;
  const auto text = std::make_shared<toolkit::GeneratedText>(tokenizer, std::move(sink));
  engine::Request request{.prompt = tokenizer.encode(prompt), .sampling = options.sampling, .max_tokens = options.max_tokens};
  request.on_token = [text](text::TokenId id) { return text->push(id); };
  request.on_end = [text, done = std::move(done)](const engine::Completion& completion) {
    text->finish();
    if (done)
      done({generated_of(completion, *text), completion.ending, completion.reused_tokens, completion.queued_seconds, completion.error});
  };
  return implementation_->scheduler.submit(std::move(request));
}

bool Batch::cancel(Id id) { return implementation_->scheduler.cancel(id); }
bool Batch::step() { return implementation_->scheduler.step(); }
void Batch::run() { implementation_->scheduler.run(); }
void Batch::drop_cache() { implementation_->scheduler.drop_cache(); }

Batch::Load Batch::load() const {
  const engine::Scheduler::Load load = implementation_->scheduler.load();
  return {load.queued, load.running, load.pages * load.page_bytes, load.cached_pages * load.page_bytes, load.limit * load.page_bytes};
}

BatchPrompt parse_batch_prompt(std::string_view line, std::uint64_t number, const GenerateOptions& defaults) {
  const std::string what = fmt::format("line {} of the prompts", number);
  const Json json = Json::parse(line, what);
  BatchPrompt prompt{{}, defaults};
  json.at("prompt", what);
  for (const auto& [key, value] : json.as_object(what)) {
    const auto* field = std::ranges::find_if(kFields, [&](const Field& row) { return key == row.name; });
    if (field == std::end(kFields)) fail(ErrorCode::malformed, "[batch] {} has a \"{}\"; known are {}", what, key, known_fields());
    field->read(prompt, value, (what + ", \"" + key + "\"").c_str());
  }
  return prompt;
}

std::string to_json(const BatchResult& result, std::uint64_t index) { return json_of(result, index).dump(); }

std::string to_json(std::span<const BatchResult> results, double seconds) {
  std::uint64_t prompt_tokens = 0, reused = 0, tokens = 0, failed = 0;
  Json list = Json::array();
  for (std::size_t i = 0; i < results.size(); ++i) {
    list.push_back(json_of(results[i], i));
    prompt_tokens += results[i].generated.prompt_tokens;
    reused += results[i].reused_tokens;
    tokens += results[i].generated.tokens;
    failed += results[i].ending == Ending::failed ? 1 : 0;
  }
  Json json = Json::object();
  json["results"] = std::move(list);
  json["prompts"] = Json(std::uint64_t{results.size()});
  json["failed"] = Json(failed);
  json["prompt_tokens"] = Json(prompt_tokens);
  json["reused_tokens"] = Json(reused);
  json["tokens"] = Json(tokens);
  json["seconds"] = Json(seconds);
  json["tokens_per_second"] = Json(seconds > 0 ? static_cast<double>(tokens) / seconds : 0);
  return json.dump(2);
}

}  // namespace tightrope
