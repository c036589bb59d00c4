// The engine: owns a network and what it runs on, and gives out logits and hidden states.
#include "engine/engine.h"

#include <algorithm>
#include <bit>
#include <deque>
#include <utility>

#include "base/error.h"
#include "engine/pass.h"

namespace tightrope::engine {
namespace {

using HeadKind = model::HeadSpec::Kind;

// Looks at the exponents alone, so that it costs one pass of integer operations.
bool all_finite(std::span<const float> values) {
  constexpr std::uint32_t kExponent = 0x7f800000u;
  std::uint32_t bad = 0;
  for (const float value : values) bad |= static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(value) & kExponent) == kExponent);
  return bad == 0;
}

// Of a table one row is read, of experts those that are used.
std::uint64_t bytes_read(const model::Model& model, const model::NamedWeight& named, const Runtime& runtime) {
  const model::Config& config = model.config();
  const bool table = named.name == "embed" ? model.find("head") != nullptr : named.name == "embed.positions" || named.name == "embed.types";
  if (table) return named.weight.row_bytes();
  const bool multiplied = named.weight.shape().rank() > 1;
  const std::uint64_t bytes = multiplied ? kept_bytes(model, named.weight, named.name, runtime) : named.weight.size_bytes();
  const bool expert = named.name.find(".experts.") != std::string::npos && config.experts > 0;
  return expert ? bytes / config.experts * config.experts_used : bytes;
}

std::uint64_t count_bytes_per_token(const model::Model& model, const Runtime& runtime) {
  std::uint64_t bytes = model.find("head") == nullptr ? model.get("embed").row_bytes() : 0;
  for (const model::NamedWeight& named : model.weights()) bytes += bytes_read(model, named, runtime);
  return bytes;
}

HeadKind kind_of(const model::Config& config) { return config.output == nullptr ? HeadKind::causal_lm : config.output->kind; }

const Options& checked(const Options& options) {
  if (options.exact && options.int8)
    fail(ErrorCode::invalid_argument, "[engine] 'exact' keeps every number, 'int8' rounds them to 8 bits; ask for one of the two");
  return options;
}

}  // namespace

struct Engine::Implementation {
  Implementation(const model::Model& source, const Options& options)
      : model(source),
        runtime(kernels::kernel_table(checked(options).isa ? *options.isa : kernels::isa_from_environment()), options.exact, options.int8,
                options.threads),
        network(load_network(source, runtime)),
        rotations(source.config()),
        pages(std::make_shared<KvPages>(KvLayout(source.config(), cell()), KvPages::Options{})) {}

  Pass pass(Batch batch) { return {model, network, runtime, workspace, observers, std::move(batch)}; }
  kernels::Cell cell() const { return cell_of(model, runtime.exact, runtime.int8); }
  Rotations* turning() { return model.arch().block.attention.rope == model::Rope::none ? nullptr : &rotations; }

  void require_finite(std::span<const float> values, const char* what) const {
    if (all_finite(values)) return;
    refuse_non_finite(model);
    fail(ErrorCode::malformed, "[engine] the {} are not finite although every weight is; the activations overflow single precision", what);
  }

  // What encoding gives, made as large as it will be.
  void make_room(std::span<const Text> texts, bool head) {
    std::size_t tokens = 0;
    for (const Text& text : texts) tokens += text.tokens.size();
    const HeadKind kind = kind_of(model.config());
    const bool gives = head && kind != HeadKind::hidden && kind != HeadKind::causal_lm;
    hidden.resize(tokens * model.config().model);
    pooled.resize(network.pooler.present() ? texts.size() * network.pooler.out : 0);
    output.resize(gives ? (kind == HeadKind::sequence ? texts.size() : tokens) * network.head.out : 0);
  }

  // Encodes the texts of one group and puts what they give where it belongs.
  void encode_group(const TextGroup& group, Pass& some) {
    const bool by_text = kind_of(model.config()) == HeadKind::sequence;
    const float* states = run_trunk(some);
    std::copy_n(states, group.tokens * model.config().model, hidden.data() + group.row * model.config().model);
    const float* rows = states;
    if (network.pooler.present() || by_text) {
      const float* vectors = pool(some, states);
      if (network.pooler.present())
        std::copy_n(vectors, group.count * network.pooler.out, pooled.data() + group.first * network.pooler.out);
      if (by_text) rows = vectors;
    }
    if (output.empty()) return;
    const std::size_t width = run_head(some, rows, by_text ? group.count : group.tokens);
    std::copy_n(some.work.output.data(), (by_text ? group.count : group.tokens) * width,
                output.data() + (by_text ? group.first : group.row) * width);
  }

  void encode_all(std::span<const Text> texts) {
    const TextGroups cut(texts, observers.present() ? 1 : runtime.threads.size());
    if (!cut.abreast) {
      for (const TextGroup& group : cut.groups) {
        Pass some = pass(lay_out_texts(texts.subspan(group.first, group.count), turning(), true));
        encode_group(group, some);
      }
      return;
    }
    // Loops inside the loop run on its thread alone: no thread waits for another, and activations stay in their core's caches.
    std::deque<Batch> batches;  // whose rows point into them
    for (const TextGroup& group : cut.groups)
      batches.push_back(lay_out_texts(texts.subspan(group.first, group.count), turning(), batches.empty()));
    runtime.threads.parallel_for(batches.size(), 1, [&](std::uint64_t i, std::uint64_t) {
      const auto work = workspaces.borrow();
      Pass some{model, network, runtime, *work, observers, std::move(batches[i])};
      encode_group(cut.groups[i], some);
    });
  }

  model::Model model;
  Runtime runtime;
  Network network;
  Rotations rotations;
  std::shared_ptr<KvPages> pages;
  Workspace workspace;
  Pool<Workspace> workspaces;  // of threads that encode abreast
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
  const std::size_t at_once = Cache::replays(sequence) ? tokens.size() : kTokensAtOnce;
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
  check_texts(self.model, texts);
  self.make_room(texts, head);
  if (!texts.empty()) self.encode_all(texts);
  self.require_finite(self.hidden, "hidden states");
  self.require_finite(self.output, "outputs");
  return {self.hidden, self.pooled, self.output};
}

void Engine::observe_linears(LinearObserver observer) { implementation_->observers.linear = std::move(observer); }
void Engine::observe_hidden(HiddenObserver observer) { implementation_->observers.hidden = std::move(observer); }

double Engine::log_sum_exp(std::span<const float> logits) const {
  return implementation_->runtime.kernels.log_sum_exp(logits.data(), logits.size());
}

std::uint64_t Engine::bytes_per_token() const { return count_bytes_per_token(implementation_->model, implementation_->runtime); }

}  // namespace tightrope::engine
