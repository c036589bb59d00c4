// Random tokens, prefill and decode passes.
#include "eval/passes.h"

#include "base/random.h"

namespace tightrope::eval {
namespace {

std::vector<text::TokenId> random_tokens(const engine::Engine& engine, std::uint64_t count) {
  Random random(1);
  std::vector<text::TokenId> tokens(count);
  const std::uint64_t vocab = engine.model().config().vocab;
  for (text::TokenId& token : tokens) token = static_cast<text::TokenId>(random.below(vocab));
  return tokens;
}

}  // namespace

PrefillPass::PrefillPass(engine::Engine& engine, std::uint64_t tokens)
    : engine_(engine), sequence_(engine.new_sequence(tokens)), tokens_(random_tokens(engine, tokens)) {}

void PrefillPass::operator()() {
  sequence_.rewind(0);
  const engine::Chunk chunk{.sequence = &sequence_, .tokens = tokens_};
  engine_.forward(std::span(&chunk, 1));
}

DecodePass::DecodePass(engine::Engine& engine, std::uint64_t batch, std::uint64_t steps)
    : engine_(engine), tokens_(random_tokens(engine, batch * steps)), steps_(steps) {
  for (std::uint64_t i = 0; i < batch; ++i) sequences_.push_back(engine.new_sequence(steps));
}

void DecodePass::operator()(std::uint64_t steps) {
  for (engine::Sequence& sequence : sequences_) sequence.rewind(0);
  for (std::uint64_t step = 0; step < steps; ++step) {
    std::vector<engine::Chunk> chunks;
    for (std::size_t i = 0; i < sequences_.size(); ++i)
      chunks.push_back({.sequence = &sequences_[i], .tokens = std::span(tokens_).subspan(step * sequences_.size() + i, 1)});
    engine_.forward(chunks);
  }
}

}  // namespace tightrope::eval
