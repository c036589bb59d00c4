// What an architecture family is: one constant row, from which loading, naming, converting and running follow.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace tightrope::model {

enum class Norm : std::uint8_t {
  rms,           // y = x / sqrt(mean(x²) + epsilon) * weight
  rms_plus_one,  // the same with 1 + weight
  layer,         // y = (x - mean(x)) / sqrt(variance(x) + epsilon) * weight, + bias where there is one
  affine,        // y = x * weight + bias
};
enum class Rope : std::uint8_t { none, halves };  // halves: dimension i turns with i + dimensions/2
enum class Activation : std::uint8_t {
  configured,  // as config.json's hidden_act says (only in a HeadSpec)
  none,
  silu,
  gelu,       // x * Φ(x)
  gelu_tanh,  // its approximation through tanh
  relu,
  tanh,
};

// Which blocks look only at a window of positions. config.json's layer_types, where it is present, says it block by block.
struct WindowSpec {
  enum class Rule : std::uint8_t {
    never,
    always,       // every block, once config.json gives a window
    full_last,    // of each period of blocks the last one sees everything
    full_first,   // of each period of blocks the first one sees everything
    late_blocks,  // blocks from config.json's max_window_layers on
    unturned,     // those whose heads are not turned: config.json's no_rope_layers
  };
  Rule rule = Rule::never;
  std::string_view key = "sliding_window";  // of the window's size in config.json
  std::string_view period_key = {};         // of the period in config.json
  std::uint64_t period = 1;                 // when config.json has no such key
  std::string_view enabled_by = {};         // a key of config.json that must be true, or empty
};

struct AttentionSpec {
  bool causal = true;  // a window of w then is a token and the w - 1 before it; otherwise w/2 tokens to both sides and the token
  Rope rope = Rope::halves;
  WindowSpec window = {};
};

// What a block does with x follows from which norms its tensors have, in this order (each may be absent):
//   attn_norm on what attention reads, attn_post_norm on what it gives, attn_out_norm on the sum with x;
//   ffn_norm, ffn_post_norm and ffn_out_norm likewise for the feed-forward network.
// attn.q_norm and attn.k_norm ([head] or the whole row) come before RoPE. A feed-forward network with ffn.gate computes
// down(activation(gate(x)) * up(x)), one without it down(activation(up(x))), one with ffn.router a mixture of ffn.experts.
// With bottleneck.* the block works on a narrower vector: `attn.{q,k}` read bottleneck.attn, `attn.v` reads x, the residual is
// bottleneck.in, and bottleneck.out leads back to x; stacked.S.* are further feed-forward networks before the last.
struct BlockSpec {
  Norm norm = Norm::rms;
  AttentionSpec attention = {};
  bool parallel = false;  // attention and feed-forward network both read x: x + attention(…) + ffn(…); Config may say otherwise
};

struct EmbeddingSpec {
  bool scaled = false;                   // times sqrt(model)
  bool positions_after_padding = false;  // learned positions start at the padding token's id + 1
};

// Whether a tensor's ".weight" has a ".bias" of its first extent beside it.
enum class Bias : std::uint8_t {
  never,
  always,
  attention_bias,  // as config.json's attention_bias says
  mlp_bias,        // as config.json's mlp_bias says
  norm_bias,       // as config.json's norm_bias says
};

// Which part of a container's tensor a tensor of ours is.
enum class Part : std::uint8_t {
  whole,
  query,  // of all queries, then all keys, then all values
  key,
  value,
  head_query,  // of query, key and value of head 0, then of head 1, …
  head_key,
  head_value,
  first_half,
  second_half,
  query_pairs,       // each query head's rows interleaved: halves (0 … d/2), (d/2 … d) become pairs (0, d/2), (1, d/2+1), …
  key_pairs,         // the same for key heads
  beyond_padding,    // the rows after the padding token's
  transposed,        // [in, out]
  transposed_query,  // the same of a fused tensor
  transposed_key,
  transposed_value,
};

// Where a tensor lies in a container. '*' in the name is the block, '#' the expert (one stored tensor each). Without ".weight".
struct Place {
  std::string_view name = {};  // empty: the container has no such tensor
  Part part = Part::whole;
  bool bare = false;      // the name is complete: no ".weight" follows
  bool plus_one = false;  // stored as 1 + weight
  bool f32 = false;       // single numbers in F32 whatever the matrices are
};

// When a tensor may be absent.
enum class Presence : std::uint8_t {
  required,
  untied,    // a model whose head is its embedding has it not
  optional,  // the file decides
};

// One tensor of the family, or one a block when the names hold a '*'.
struct TensorSpec {
  std::string_view canonical = {};
  Place huggingface = {};
  Place gguf = {};
  std::string_view shape = {};  // in the words of Config: "[heads*head, model]"
  Bias bias = Bias::never;
  Presence presence = Presence::required;
};

// What a model gives: the part after the blocks. Rows of the last hidden state go through `pooler` (with tanh), `head.dense`
// (with `activation`), `head.norm` and `head`, each where it is present.
struct HeadSpec {
  enum class Kind : std::uint8_t { hidden, causal_lm, masked_lm, sequence, tokens, span };
  std::string_view hf_class = {};            // an entry of config.json's architectures
  std::span<const TensorSpec> tensors = {};  // beyond the architecture's own
  Kind kind = Kind::hidden;
  Activation activation = Activation::none;  // after head.dense
  Norm norm = Norm::layer;                   // head.norm's
};

// A key of config.json that a family spells in its own way. Where the file has only the usual spelling, `said` there means `meant`.
struct KeyAlias {
  std::string_view usual;
  std::string_view own;
  std::string_view said = {}, meant = {};
};

// What GGUF files of a family leave unsaid, and what of them other readers (llama.cpp) use.
struct GgufDefaults {
  std::uint64_t window = 0;         // where the file has no key for it; 0: none
  std::uint64_t wide_blocks = 0;    // of the model whose scores are scaled by model / heads instead of by the head's size
  bool others_window = false;       // they look only at the window where the model does
  bool others_rope_tables = false;  // they know tables of RoPE's divisors
};

struct Arch {
  std::string_view name = {};
  std::string_view hf_model_type = {};  // config.json's model_type
  std::string_view hf_prefix = {};      // before the names of `tensors`; files of the bare trunk may lack it
  std::string_view gguf_arch = {};      // general.architecture; empty: GGUF has no such architecture
  GgufDefaults gguf = {};
  EmbeddingSpec embedding = {};
  BlockSpec block = {};
  std::span<const TensorSpec> tensors = {};
  std::span<const HeadSpec> heads = {};            // the first is the usual one
  std::span<const KeyAlias> hf_keys = {};          // how config.json spells what others spell otherwise
  std::string_view hf_defaults = "{}";             // JSON: what transformers takes when config.json does not say; lists the keys
                                                   // that not every family has
  std::string_view hf_only = "{}";                 // JSON: keys that must have this value where they are present
  std::uint64_t ffn_multiple = 0;                  // of `model`, where config.json gives no feed-forward size
  std::span<const std::string_view> ignored = {};  // globs over stored names that carry nothing of the model
};

std::span<const Arch* const> all_archs();
// Throw unsupported, naming the type and listing what is known.
const Arch& arch_for_hf_model_type(std::string_view model_type);
// Several families may share a GGUF architecture: the first whose required tensors the file has, the one of that name before all others.
using HasTensor = std::function<bool(const TensorSpec& spec)>;
const Arch& arch_for_gguf(std::string_view gguf_arch, const HasTensor& has_tensor);
// The head of a class of config.json's architectures. Errors: unsupported, listing the family's classes.
const HeadSpec& head_for_class(const Arch& arch, std::string_view hf_class);

}  // namespace tightrope::model
