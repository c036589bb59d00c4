// The work whose speed is measured: made-up tokens through an engine. What they say makes no difference to it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/engine.h"

namespace tightrope::eval {

// Sequences that hold `depth` tokens, with room for `more`. Filling one takes a while, so passes share them: each rewinds those that it
// takes.
class Contexts {
 public:
  Contexts(engine::Engine& engine, std::uint64_t depth, std::uint64_t more) : engine_(engine), depth_(depth), more_(more) {}
  void fill(std::uint64_t count);  // until there are so many
  // The first of them, which must be there.
  std::span<engine::Sequence> rewound(std::uint64_t count);

 private:
  engine::Engine& engine_;
  std::uint64_t depth_, more_;
  std::vector<engine::Sequence> sequences_;
};

// One prompt, after a context that is there.
class PrefillPass {
 public:
  PrefillPass(engine::Engine& engine, Contexts& contexts, std::uint64_t tokens);
  void operator()();

 private:
  engine::Engine& engine_;
  Contexts& contexts_;
  std::vector<text::TokenId> tokens_;
};

// A token at a time for each of `batch` sequences, after contexts that are there.
class DecodePass {
 public:
  DecodePass(engine::Engine& engine, Contexts& contexts, std::uint64_t batch, std::uint64_t steps);
  void operator()() { (*this)(steps_); }
  void operator()(std::uint64_t steps);  // the first of them

 private:
  engine::Engine& engine_;
  Contexts& contexts_;
  std::uint64_t batch_;
  std::vector<text::TokenId> tokens_;  // [steps, batch]
  std::uint64_t steps_;
};

}  // namespace tightrope::eval
