// The numbers of one model: extents, RoPE, epsilon. Read from config.json (transformers 4 and 5) or GGUF metadata, written to both.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "checkpoint/container.h"
#include "model/arch.h"

namespace tightrope::model {

struct RopeConfig {
  enum class Scaling : std::uint8_t { none, linear, yarn, llama3 };
  double theta = 10000;
  Scaling scaling = Scaling::none;
  double factor = 1;
  double low_frequency_factor = 1, high_frequency_factor = 4;  // llama3
  double beta_fast = 32, beta_slow = 1;                        // yarn
  double attention_factor = 0;                                 // yarn; 0: from the factor
  std::uint64_t original_context = 0;                          // yarn, llama3; tokens
  std::vector<float> divisors;  // [head / 2], from a GGUF's rope_freqs: divides each frequency, in place of a named scaling
};

struct Config {
  std::uint64_t vocab = 0, model = 0, blocks = 0, heads = 0, kv_heads = 0, head = 0, ffn = 0;
  std::uint64_t context = 0;  // tokens the model was trained for
  double norm_epsilon = 1e-5;
  RopeConfig rope;
  bool tied = false;  // the head is the embedding
  bool attention_bias = false, mlp_bias = false;
  std::int64_t bos = -1, padding = -1;  // token ids; -1: none
  std::vector<std::int64_t> eos;        // each ends a text; the first is the usual one
  std::string dtype;                    // of the checkpoint as config.json says ("bfloat16"); may be empty
  std::string name;                     // for people; may be empty
  std::vector<std::string> notices;     // what was ignored while loading, for people

  // The extent a word of TensorSpec::shape stands for ("heads", "ffn", …). Errors: internal for an unknown word.
  std::uint64_t extent(std::string_view word) const;
};

// Errors: malformed (missing, negative, zero or inconsistent numbers, each named), unsupported (an unknown RoPE scaling or activation).
Config read_hf_config(const Json& config);
Config read_gguf_config(const Arch& arch, const checkpoint::Container& container);
Json write_hf_config(const Arch& arch, const Config& config);
void write_gguf_config(const Arch& arch, const Config& config, checkpoint::Metadata& metadata);

// Inverse frequencies [head / 2] in radians a token, scaling applied, and the factor cosine and sine are multiplied by.
struct RopeFrequencies {
  std::vector<float> inverse;
  float magnitude = 1;
};
// Sources: linear, Chen et al. 2023 (arXiv:2306.15595); YaRN, Peng et al. 2023 (arXiv:2309.00071) §3.2-3.4; llama3, Llama 3.1's reference.
RopeFrequencies rope_frequencies(const Config& config);

}  // namespace tightrope::model
