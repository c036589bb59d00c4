// Runs a model: interprets its architecture's row with the kernels of one instruction set.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/isa.h"
#include "model/model.h"

namespace tightrope {
class ThreadPool;
}

namespace tightrope::engine {

struct Options {
  unsigned threads = 0;             // 0: every available core
  std::optional<kernels::Isa> isa;  // none: TIGHTROPE_ISA, else the best this machine has
};

// The keys and values of one sequence, [blocks][position, kv_heads * head] float32. Grows by the page as tokens come, up to `capacity`.
class Sequence {
 public:
  Sequence(const model::Config& config, std::uint64_t capacity);
  std::uint64_t length() const { return length_; }  // tokens seen
  std::uint64_t capacity() const { return capacity_; }
  void rewind(std::uint64_t length);  // forgets later tokens; length <= length()
  std::uint64_t bytes() const;

 private:
  friend class ForwardPass;
  void make_room(std::uint64_t tokens);  // for that many more than length()

  std::uint64_t capacity_ = 0, length_ = 0, row_ = 0;
  std::vector<std::vector<float>> keys_, values_;  // one a block
};

// Tokens that continue one sequence. A forward pass takes several; they need not be equally long.
struct Chunk {
  Sequence* sequence = nullptr;
  std::span<const text::TokenId> tokens;
  bool all_logits = false;  // otherwise only the last token's
};

// Called with what enters a linear layer ("blocks.0.attn.q"), [tokens, in]; layers that read the same input are called one after another.
using LinearObserver = std::function<void(std::string_view name, std::span<const float> input, std::uint64_t tokens)>;
// Called with hidden state `index`, [tokens, model]: 0 after the embedding, i after block i; the last one after the final norm.
using HiddenObserver = std::function<void(std::uint64_t index, std::span<const float> hidden, std::uint64_t tokens)>;

class Engine {
 public:
  // Errors: unsupported (ISA, architecture feature), malformed (a weight that is not finite).
  explicit Engine(const model::Model& model, const Options& options = {});
  ~Engine();
  Engine(Engine&&) noexcept;

  const model::Model& model() const;
  kernels::Isa isa() const;
  unsigned threads() const;

  Sequence new_sequence(std::uint64_t capacity) const;
  // Logits, [rows asked for, vocab], in the order of the chunks; valid until the next call. Results do not depend on the number of
  // threads, nor on what else is in the batch. Errors: invalid_argument (an id beyond the vocabulary; a sequence beyond its capacity, with
  // both numbers; a sequence twice; no tokens), malformed (logits that are not finite, naming the tensor to blame). After an error no
  // sequence has changed.
  std::span<const float> forward(std::span<const Chunk> chunks);

  void observe_linears(LinearObserver observer);  // empty: stop
  void observe_hidden(HiddenObserver observer);

  // log(sum(exp(logits))) with the engine's kernels.
  double log_sum_exp(std::span<const float> logits) const;

  // Bytes of weights read to make one token (the embedding row counts as one row).
  std::uint64_t bytes_per_token() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace tightrope::engine
