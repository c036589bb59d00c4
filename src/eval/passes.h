// The work whose speed is measured: made-up tokens through an engine. What they say makes no difference to it.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/engine.h"

namespace tightrope::eval {

// One prompt, from an empty context.
class PrefillPass {
 public:
  PrefillPass(engine::Engine& engine, std::uint64_t tokens);
  void operator()();

 private:
  engine::Engine& engine_;
  engine::Sequence sequence_;
  std::vector<text::TokenId> tokens_;
};

// A token at a time for each of `batch` sequences, from empty contexts.
class DecodePass {
 public:
  DecodePass(engine::Engine& engine, std::uint64_t batch, std::uint64_t steps);
  void operator()() { (*this)(steps_); }
  void operator()(std::uint64_t steps);  // the first of them

 private:
  engine::Engine& engine_;
  std::vector<engine::Sequence> sequences_;
  std::vector<text::TokenId> tokens_;  // [steps, batch]
  std::uint64_t steps_;
};

}  // namespace tightrope::eval
