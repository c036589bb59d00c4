// The engine: owns a network and what it runs on, and gives out logits.
#include "engine/engine.h"

#include <bit>
#include <utility>

#include "base/error.h"
#include "engine/forward.h"

namespace tightrope::engine {
namespace {

// Looks at the exponents alone, so that it costs one pass of integer operations.
bool all_finite(std::span<const float> values) {
  constexpr std::uint32_t kExponent = 0x7f800000u;
  std::uint32_t bad = 0;
  for (const float value : values) bad |= static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(value) & kExponent) == kExponent);
  return bad == 0;
}

std::uint64_t count_bytes_per_token(const model::Model& model) {
  const bool tied = model.find("head") == nullptr;
  std::uint64_t bytes = 0;
  for (const model::NamedWeight& named : model.weights())
    bytes += named.name == "embed" && !tied ? named.weight.row_bytes() : named.weight.size_bytes();
  return bytes + (tied ? model.get("embed").row_bytes() : 0);
}

}  // namespace

struct Engine::Implementation {
  Implementation(const model::Model& source, const Options& options)
      : model(source),
        runtime(kernels::kernel_table(options.isa ? *options.isa : kernels::isa_from_environment()), options.threads),
        network(load_network(source)),
        rope(source.config()) {}

  model::Model model;
  Runtime runtime;
  Network network;
  RopeTable rope;
  Workspace workspace;
  Observers observers;
};

Engine::Engine(const model::Model& model, const Options& options) : implementation_(std::make_unique<Implementation>(model, options)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;

const model::Model& Engine::model() const { return implementation_->model; }
kernels::Isa Engine::isa() const { return implementation_->runtime.kernels.isa; }
unsigned Engine::threads() const { return implementation_->runtime.threads.size(); }

Sequence Engine::new_sequence(std::uint64_t capacity) const { return {implementation_->model.config(), capacity}; }

std::span<const float> Engine::forward(std::span<const Chunk> chunks) {
  if (chunks.empty()) return {};
  Implementation& self = *implementation_;
  ForwardPass pass(self.model, self.network, self.runtime, self.rope, self.workspace, self.observers);
  const std::size_t rows = pass.run(chunks);
  const std::span<const float> logits(self.workspace.logits.data(), rows * self.model.config().vocab);
  if (!all_finite(logits)) {
    refuse_non_finite(self.model);
    fail(ErrorCode::malformed, "[engine] the logits are not finite although every weight is; the activations overflow single precision");
  }
  ForwardPass::commit(chunks);
  return logits;
}

void Engine::observe_linears(LinearObserver observer) { implementation_->observers.linear = std::move(observer); }
void Engine::observe_hidden(HiddenObserver observer) { implementation_->observers.hidden = std::move(observer); }

double Engine::log_sum_exp(std::span<const float> logits) const {
  return implementation_->runtime.kernels.log_sum_exp(logits.data(), logits.size());
}

std::uint64_t Engine::bytes_per_token() const { return count_bytes_per_token(implementation_->model); }

}  // namespace tightrope::engine
