// What an architecture family is: one constant row, from which loading, naming, converting and running follow.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tightrope::model {

enum class Norm : std::uint8_t { rms };           // y = x / sqrt(mean(x²) + epsilon) * weight
enum class Rope : std::uint8_t { none, halves };  // halves: dimension i turns with i + head/2
enum class Mlp : std::uint8_t { swiglu };         // down(silu(gate(x)) * up(x))

struct AttentionSpec {
  bool causal = true;
  Rope rope = Rope::halves;
  bool qk_norm = false;  // an RMS norm of each query and key head before RoPE
};

// A pre-norm block: x += attention(norm(x)); x += mlp(norm(x)).
struct BlockSpec {
  Norm norm = Norm::rms;
  AttentionSpec attention;
  Mlp mlp = Mlp::swiglu;
};

// How the rows of a tensor lie in a GGUF, relative to Hugging Face's order, which is ours.
enum class GgufRows : std::uint8_t {
  same,
  query_pairs,  // each query head's rows interleaved: halves (0 … d/2), (d/2 … d) become pairs (0, d/2), (1, d/2+1), …
  key_pairs,    // the same for key heads
};

// Whether a tensor's ".weight" has a ".bias" of its first extent beside it.
enum class Bias : std::uint8_t {
  never,
  always,
  attention_bias,  // as config.json's attention_bias says
  mlp_bias,        // as config.json's mlp_bias says
};

// One tensor of the family, or one a block when the names hold a '*' (the block's number). Names are without ".weight".
struct TensorSpec {
  std::string_view canonical;
  std::string_view huggingface;
  std::string_view gguf;
  std::string_view shape;         // in the words of Config: "[heads*head, model]"
  bool absent_when_tied = false;  // a model whose head is its embedding has it not
  Bias bias = Bias::never;
  GgufRows gguf_rows = GgufRows::same;
};

struct Arch {
  std::string_view name;
  std::string_view hf_model_type;                // config.json's model_type
  std::span<const std::string_view> hf_classes;  // config.json's architectures; the first is written
  std::string_view gguf_arch;                    // general.architecture
  BlockSpec block;
  std::span<const TensorSpec> tensors;
};

std::span<const Arch* const> all_archs();
// Throw unsupported, naming the type and listing what is known.
const Arch& arch_for_hf_model_type(std::string_view model_type);
const Arch& arch_for_gguf(std::string_view gguf_arch);

}  // namespace tightrope::model
