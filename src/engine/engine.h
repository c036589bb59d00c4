// Runs a model: interprets its architecture's row with the kernels of one instruction set.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/kv_pages.h"
#include "kernels/ops.h"
#include "model/model.h"

namespace tightrope {
class ThreadPool;
}

namespace tightrope::engine {

struct Options {
  unsigned threads = 0;             // 0: every available core
  std::optional<kernels::Isa> isa;  // none: TIGHTROPE_ISA, else the best this machine has
  // Decoded weights times float32 activations, for every format. Otherwise, as fast engines do, block formats are multiplied with
  // activations rounded to 8 bits (one scale for 32 of them) and 16-bit formats as bf16, weights and activations both: several times
  // faster, and the file read as it will be used. An F16 model loses 3 bits of its weights by that; the KL divergence is a fifteenth of
  // what Q8_0 costs.
  // A sequence then keeps its keys and values as bf16 instead of float32. An encoder's floats and halves are always exact.
  bool exact = false;
  // The layers of the blocks in 8-bit integers whatever their format is, with one scale for each row of the weights and for each token: the
  // fastest there is with AVX2 and AVX-512, plain loops elsewhere, and less precise than Q8_0. The other layers and all else are as without
  // it.
  bool int8 = false;
};

// The keys and values of one sequence: a table of pages, taken as tokens come, up to `capacity`. Move-only.
// Where RoPE's frequencies depend on the length of the text (dynamic, longrope), the tokens are kept too: a text that grows into other
// frequencies is computed anew, so that its logits are those of a pass without a cache; it shares no pages.
class Sequence {
 public:
  Sequence(const model::Config& config, std::uint64_t capacity, std::shared_ptr<KvPages> pool);
  // With pages of its own.
  Sequence(const model::Config& config, std::uint64_t capacity, kernels::Cell cell = kernels::Cell::f32);
  ~Sequence();
  Sequence(Sequence&&) noexcept = default;
  Sequence& operator=(Sequence&& other) noexcept;

  std::uint64_t length() const { return length_; }  // tokens seen
  std::uint64_t capacity() const { return capacity_; }
  void rewind(std::uint64_t length);  // forgets later tokens; length <= length()
  std::uint64_t pages() const { return pages_.size(); }
  std::uint64_t bytes() const { return pages_.empty() ? 0 : pages_.size() * pool_->layout().page_bytes; }

  // Continues with the pages of the first of `tokens` that the pool has, as if they had been run, but for the last token. Returns how many
  // tokens that were; none between two borders of pages.
  std::uint64_t reuse(std::span<const text::TokenId> tokens);

 private:
  friend struct Cache;
  void make_room(std::uint64_t tokens);  // for that many more than length()
  void commit(std::span<const text::TokenId> tokens);
  void keep(std::uint64_t pages) noexcept;
  void reserve(std::uint64_t pages);
  void own(std::uint64_t index);

  std::shared_ptr<KvPages> pool_;
  std::uint64_t capacity_ = 0, length_ = 0;
  bool replays_ = false, shares_ = false;  // either: tokens_ is kept
  std::uint64_t made_for_ = 0;             // the text's length when its frequencies were chosen; 0: its keys and values are not to be used
  std::vector<text::TokenId> tokens_;      // [length]
  std::vector<KvPage*> pages_;
  std::vector<std::byte*> cells_;  // of the pages
};

// Tokens that continue one sequence. A forward pass takes several; they need not be equally long.
struct Chunk {
  Sequence* sequence = nullptr;
  std::span<const text::TokenId> tokens;
  bool all_logits = false;  // otherwise only the last token's
};

// One text to encode.
struct Text {
  std::span<const text::TokenId> tokens;
  std::span<const std::uint32_t> types = {};  // of the tokens (0: first text, 1: second, where the model knows types); empty: all 0
};

// What encoding gives for all texts in their order; valid until the engine's next call.
struct Encoded {
  std::span<const float> hidden;  // last hidden state, [tokens of all texts, model]
  std::span<const float> pooled;  // [texts, model]; empty when the model has no pooler
  // What the model's head gives: [tokens of all texts, vocab or labels or 2] for masked_lm, tokens and span; [texts, labels] for sequence;
  // empty for hidden and causal_lm.
  std::span<const float> output;
};

// Called with what enters a linear layer ("blocks.0.attn.q"), [tokens, in]; layers that read the same input are called one after another.
// An expert's layer bears its number: "blocks.0.ffn.experts.up[3]"; it is called with the tokens that chose it, if there are any.
using LinearObserver = std::function<void(std::string_view name, std::span<const float> input, std::uint64_t tokens)>;
// Called with hidden state `index`, [tokens, model]: 0 after the embedding, i after block i; the last one after the final norm. A large
// batch to encode is cut into several passes, each of which shows its own.
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

  // A pool that sequences of this engine can live in, and no others.
  std::shared_ptr<KvPages> new_pages(const KvPages::Options& options) const;
  // In `pool`, or in the engine's own, which has no limit and shares nothing.
  Sequence new_sequence(std::uint64_t capacity, std::shared_ptr<KvPages> pool = nullptr) const;
  // Logits, [rows asked for, vocab], in the order of the chunks; valid until the next call. Results do not depend on the number of
  // threads, nor on what else is in the batch. Errors: invalid_argument (an id beyond the vocabulary; a sequence beyond its capacity or the
  // model's context, with both numbers; a sequence twice; no tokens), unsupported (an encoder, which continues nothing), malformed (logits
  // that are not finite, naming the tensor to blame). After an error no sequence has changed.
  std::span<const float> forward(std::span<const Chunk> chunks);

  // Logits after the last of `tokens`, which continue a sequence: forward(), in passes of so many tokens that activations stay in the
  // cache and memory does not grow with the text. Errors: as forward(); after one the sequence is as it was.
  std::span<const float> read(Sequence& sequence, std::span<const text::TokenId> tokens);

  // Reads whole texts, each by itself, without padding; an encoder sees both sides of a token, a decoder what comes before it. Without
  // `head` only the hidden states are computed. Errors: invalid_argument (no tokens; an id beyond the vocabulary or the token types; more
  // tokens than the model's context, with both numbers), malformed as in forward().
  Encoded encode(std::span<const Text> texts, bool head = true);

  void observe_linears(LinearObserver observer);  // empty: stop
  void observe_hidden(HiddenObserver observer);

  // log(sum(exp(logits))) with the engine's kernels.
  double log_sum_exp(std::span<const float> logits) const;

  // Bytes of weights read to make one token, in the form that they are kept in (of the embedding one row).
  std::uint64_t bytes_per_token() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace tightrope::engine
