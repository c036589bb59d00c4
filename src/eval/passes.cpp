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

void Contexts::fill(std::uint64_t count) {
  while (sequences_.size() < count) {
    engine::Sequence& sequence = sequences_.emplace_back(engine_.new_sequence(depth_ + more_));
    if (depth_ > 0) engine_.read(sequence, random_tokens(engine_, depth_));
  }
}

std::span<engine::Sequence> Contexts::rewound(std::uint64_t count) {
  const std::span<engine::Sequence> some = std::span(sequences_).first(count);
  for (engine::Sequence& sequence : some) sequence.rewind(depth_);
  return some;
}

PrefillPass::PrefillPass(engine::Engine& engine, Contexts& contexts, std::uint64_t tokens)
    : engine_(engine), contexts_(contexts), tokens_(random_tokens(engine, tokens)) {
  contexts_.fill(1);
}

void PrefillPass::operator()() { engine_.read(contexts_.rewound(1).front(), tokens_); }

DecodePass::DecodePass(engine::Engine& engine, Contexts& contexts, std::uint64_t batch, std::uint64_t steps)
    : engine_(engine), contexts_(contexts), batch_(batch), tokens_(random_tokens(engine, batch * steps)), steps_(steps) {
  contexts_.fill(batch);
}

void DecodePass::operator()(std::uint64_t steps) {
  const std::span<engine::Sequence> sequences = contexts_.rewound(batch_);
  for (std::uint64_t step = 0; step < steps; ++step) {
    std::vector<engine::Chunk> chunks;
    for (std::size_t i = 0; i < sequences.size(); ++i)
      chunks.push_back({.sequence = &sequences[i], .tokens = std::span(tokens_).subspan(step * sequences.size() + i, 1)});
    engine_.forward(chunks);
  }
}

}  // namespace tightrope::eval
