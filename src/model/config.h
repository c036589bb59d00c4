// The numbers of one model: extents, RoPE, epsilon. Read from config.json (transformers 4 and 5) or GGUF metadata, written to both.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "checkpoint/container.h"
#include "model/arch.h"

namespace tightrope::model {

struct RopeConfig {
  enum class Scaling : std::uint8_t { none, linear, dynamic, yarn, llama3, longrope };
  double theta = 10000;
  Scaling scaling = Scaling::none;
  double factor = 1;
  double low_frequency_factor = 1, high_frequency_factor = 4;  // llama3
  double beta_fast = 32, beta_slow = 1;                        // yarn
  double attention_factor = 0;                                 // yarn, longrope; 0: from the factor
  bool truncate = true;                                        // yarn: whole dimensions bound the ramp
  std::uint64_t original_context = 0;                          // dynamic, yarn, llama3, longrope; tokens
  std::vector<float> short_factors = {}, long_factors = {};    // longrope, [dimensions / 2]: within the original context and beyond it
  std::vector<float> divisors = {};  // [dimensions / 2], from a GGUF's rope_freqs: divides each frequency, in place of a named scaling
};

// What is particular to one block.
struct BlockVariant {
  enum class Positions : std::uint8_t { global, local, none };
  std::uint64_t window = 0;                 // tokens; 0: sees everything
  Positions positions = Positions::global;  // which RoPE turns its heads
};

struct Config {
  std::uint64_t vocab = 0, model = 0, blocks = 0, heads = 0, kv_heads = 0, head = 0, ffn = 0;
  std::uint64_t context = 0;          // tokens the model was trained for
  std::uint64_t rope_dimensions = 0;  // of a head that RoPE turns, even; the rest stay as they are
  std::uint64_t embedding = 0;        // width of the token embedding; `model` unless it is factorised
  std::uint64_t positions = 0;        // rows of the learned positions; 0: none
  std::uint64_t types = 0;            // token types; 0: none
  std::uint64_t groups = 0;           // blocks stored: `blocks` unless weights are shared; block i runs group i * groups / blocks
  std::uint64_t bottleneck = 0;       // width inside a block; `model` unless there is a bottleneck
  std::uint64_t stacked = 0;          // feed-forward networks of a block before its last
  std::uint64_t experts = 0, experts_used = 0, expert_ffn = 0;
  bool normalise_experts = false;  // the chosen experts' weights sum to one
  double norm_epsilon = 1e-5;
  double attention_scale = 0;  // multiplies scores; 0: 1 / sqrt(head)
  double attention_cap = 0;    // scores become cap * tanh(score / cap); 0: none
  double logit_cap = 0;        // the same for logits
  Activation activation = Activation::silu;
  Activation head_activation = Activation::none;  // after head.dense
  bool parallel = false;                          // attention and feed-forward network read the same x
  bool mean_pooling = false;                      // a sequence head reads the mean of all tokens, not the first
  RopeConfig rope;
  std::optional<RopeConfig> local_rope;  // of windowed blocks, where it differs
  std::vector<BlockVariant> variants;    // [blocks]
  bool tied = false;                     // the head is the embedding
  bool attention_bias = false, mlp_bias = false, norm_bias = true;
  std::vector<std::string> labels;      // of a classifier's outputs
  std::string problem_type;             // of a classifier: "regression", "single_label_classification", …; empty: not said
  const HeadSpec* output = nullptr;     // what the model gives; one of its architecture's heads (null: the first)
  std::int64_t bos = -1, padding = -1;  // token ids; -1: none
  std::vector<std::int64_t> eos;        // each ends a text; the first is the usual one
  std::string dtype;                    // of the checkpoint as config.json says ("bfloat16"); may be empty
  std::string name;                     // for people; may be empty
  std::vector<std::string> notices;     // what was ignored while loading, for people

  // The extent a word of TensorSpec::shape stands for ("heads", "ffn", "3", …). Errors: internal for an unknown word.
  std::uint64_t extent(std::string_view word) const;
};

// Errors: malformed (missing, negative, zero or inconsistent numbers, each named), unsupported (an unknown RoPE scaling or activation).
Config read_hf_config(const Arch& arch, const Json& config);
Config read_gguf_config(const Arch& arch, const checkpoint::Container& container);
Json write_hf_config(const Arch& arch, const Config& config);
void write_gguf_config(const Arch& arch, const Config& config, checkpoint::Metadata& metadata);

// Inverse frequencies [dimensions / 2] in radians a token, scaling applied, and the factor cosine and sine are multiplied by.
// `dimensions` is even. `length`: tokens of the text, where the scaling depends on it (dynamic, longrope).
struct RopeFrequencies {
  std::vector<float> inverse;
  float magnitude = 1;
};
// Sources: linear, Chen et al. 2023 (arXiv:2306.15595); YaRN, Peng et al. 2023 (arXiv:2309.00071) §3.2-3.4; llama3, Llama 3.1's reference;
// dynamic NTK and longrope (Ding et al. 2024, arXiv:2402.13753) as transformers computes them.
RopeFrequencies rope_frequencies(const RopeConfig& rope, std::uint64_t dimensions, std::uint64_t context, std::uint64_t length);
// The lengths at which the frequencies change: up to the original context the short ones hold. 0: they never do.
bool rope_depends_on_length(const RopeConfig& rope);

}  // namespace tightrope::model
