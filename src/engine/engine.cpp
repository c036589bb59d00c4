// The engine: owns a network and what it runs on, and gives out logits and hidden states.
#include "engine/engine.h"

#include <bit>
#include <utility>

#include "base/error.h"
#include "engine/pass.h"

namespace tightrope::engine {
namespace {

using HeadKind = model::HeadSpec::Kind;

// Tokens that are read at a time: enough for the weights to be read seldom, few enough for activations to stay in the last-level cache.
constexpr std::size_t kReadAtOnce = 512;

// Looks at the exponents alone, so that it costs one pass of integer operations.
bool all_finite(std::span<const float> values) {
  constexpr std::uint32_t kExponent = 0x7f800000u;
  std::uint32_t bad = 0;
  for (const float value : values) bad |= static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(value) & kExponent) == kExponent);
  return bad == 0;
}

// Of a table one row is read, of experts those that are used.
std::uint64_t bytes_read(const model::Model& model, const model::NamedWeight& named) {
  const model::Config& config = model.config();
  const bool table = named.name == "embed" ? model.find("head") != nullptr : named.name == "embed.positions" || named.name == "embed.types";
  if (table) return named.weight.row_bytes();
  const bool expert = named.name.find(".experts.") != std::string::npos && config.experts > 0;
  return expert ? named.weight.size_bytes() / config.experts * config.experts_used : named.weight.size_bytes();
}

std::uint64_t count_bytes_per_token(const model::Model& model) {
  std::uint64_t bytes = model.find("head") == nullptr ? model.get("embed").row_bytes() : 0;
  for (const model::NamedWeight& named : model.weights()) bytes += bytes_read(model, named);
  return bytes;
}

HeadKind kind_of(const model::Config& config) { return config.output == nullptr ? HeadKind::causal_lm : config.output->kind; }

// How many of the texts from `first` on are encoded together.
std::size_t count_together(std::span<const Text> texts, std::size_t first) {
  std::size_t count = 0, tokens = 0;
  while (first + count < texts.size() && (count == 0 || tokens + texts[first + count].tokens.size() <= kReadAtOnce))
    tokens += texts[first + count++].tokens.size();
  return count;
}

void append(std::vector<float>& to, const float* from, std::size_t count) { to.insert(to.end(), from, from + count); }

}  // namespace

struct Engine::Implementation {
  Implementation(const model::Model& source, const Options& options)
      : model(source),
        runtime(kernels::kernel_table(options.isa ? *options.isa : kernels::isa_from_environment()), options.exact, options.threads),
        network(load_network(source, runtime)),
        rotations(source.config()),
        pages(std::make_shared<KvPages>(KvLayout(source.config(), cell()), KvPages::Options{})) {}

  Pass pass(Batch batch) { return {model, network, runtime, workspace, observers, std::move(batch)}; }
  kernels::Cell cell() const { return cell_of(model, runtime.exact); }
  Rotations* turning() { return model.arch().block.attention.rope == model::Rope::none ? nullptr : &rotations; }

  void require_finite(std::span<const float> values, const char* what) const {
    if (all_finite(values)) return;
    refuse_non_finite(model);
    fail(ErrorCode::malformed, "[engine] the {} are not finite although every weight is; the activations overflow single precision", what);
  }

  // Encodes texts that fit into one pass and appends what they give.
  void encode_some(std::span<const Text> texts, bool head) {
    const model::Config& config = model.config();
    const HeadKind kind = kind_of(config);
    Pass some = pass(lay_out_texts(texts, turning()));
    const float* states = run_trunk(some);
    append(hidden, states, some.tokens() * config.model);
    const bool by_text = kind == HeadKind::sequence;
    const float* rows = states;
    if (network.pooler.present() || by_text) {
      const float* vectors = pool(some, states);
      if (network.pooler.present()) append(pooled, vectors, texts.size() * config.model);
      if (by_text) rows = vectors;
    }
    if (!head || kind == HeadKind::hidden || kind == HeadKind::causal_lm) return;
    const std::size_t count = by_text ? texts.size() : some.tokens();
    const std::size_t width = run_head(some, rows, count);
    append(output, workspace.output.data(), count * width);
  }

  model::Model model;
  Runtime runtime;
  Network network;
  Rotations rotations;
  std::shared_ptr<KvPages> pages;
  Workspace workspace;
  Observers observers;
  std::vector<float> hidden, pooled, output;  // of the last encode()
};

Engine::Engine(const model::Model& model, const Options& options) : implementation_(std::make_unique<Implementation>(model, options)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;

const model::Model& Engine::model() const { return implementation_->model; }
kernels::Isa Engine::isa() const { return implementation_->runtime.kernels.isa; }
unsigned Engine::threads() const { return implementation_->runtime.threads.size(); }

std::shared_ptr<KvPages> Engine::new_pages(const KvPages::Options& options) const {
  return std::make_shared<KvPages>(KvLayout(implementation_->model.config(), implementation_->cell()), options);
}

Sequence Engine::new_sequence(std::uint64_t capacity, std::shared_ptr<KvPages> pool) const {
  return {implementation_->model.config(), capacity, pool == nullptr ? implementation_->pages : std::move(pool)};
}

std::span<const float> Engine::forward(std::span<const Chunk> chunks) {
  if (chunks.empty()) return {};
  Implementation& self = *implementation_;
  Pass pass = self.pass(lay_out_chunks(self.model, chunks, self.cell(), self.turning()));
  compute_logits(pass, run_trunk(pass));
  const std::span<const float> logits(self.workspace.output.data(), pass.batch.asked.size() * self.network.head.out);
  self.require_finite(logits, "logits");
  for (const Chunk& chunk : chunks) Cache::commit(chunk);
  return logits;
}

std::span<const float> Engine::read(Sequence& sequence, std::span<const text::TokenId> tokens) {
  const std::uint64_t before = sequence.length();
  // Every pass after the first would compute what came before it anew.
  const std::size_t at_once = Cache::replays(sequence) ? tokens.size() : kReadAtOnce;
  try {
    for (; tokens.size() > at_once; tokens = tokens.subspan(at_once)) {
      const Chunk chunk{.sequence = &sequence, .tokens = tokens.first(at_once)};
      forward({&chunk, 1});
    }
    const Chunk last{.sequence = &sequence, .tokens = tokens};
    return forward({&last, 1});
  } catch (...) {
    sequence.rewind(before);
    throw;
  }
}

Encoded Engine::encode(std::span<const Text> texts, bool head) {
  Implementation& self = *implementation_;
  for (std::vector<float>* result : {&self.hidden, &self.pooled, &self.output}) result->clear();
  check_texts(self.model, texts);
  for (std::size_t first = 0, count = 0; first < texts.size(); first += count) {
    count = count_together(texts, first);
    self.encode_some(texts.subspan(first, count), head);
  }
  self.require_finite(self.hidden, "hidden states");
  self.require_finite(self.output, "outputs");
  return {self.hidden, self.pooled, self.output};
}

void Engine::observe_linears(LinearObserver observer) { implementation_->observers.linear = std::move(observer); }
void Engine::observe_hidden(HiddenObserver observer) { implementation_->observers.hidden = std::move(observer); }

double Engine::log_sum_exp(std::span<const float> logits) const {
  return implementation_->runtime.kernels.log_sum_exp(logits.data(), logits.size());
}

std::uint64_t Engine::bytes_per_token() const { return count_bytes_per_token(implementation_->model); }

}  // namespace tightrope::engine
