// What encoders are asked and what they answer: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tightrope {

// One text, or two that belong together: query and document, premise and hypothesis, question and context.
struct TextInput {
  std::string text;
  std::optional<std::string> pair = {};
};

struct EncodeOptions {
  std::uint64_t batch_tokens = 4096;  // texts of similar length are run together up to this many tokens
  bool truncate = false;              // cut longer texts to the context; otherwise they are an error
  unsigned threads = 0;               // 0: every available core
  bool exact = false;                 // as in EngineOptions
  bool int8 = false;                  // weights and activations as bytes, one scale a row and a token; less precise than Q8_0
};

struct EmbedOptions {
  EncodeOptions encode = {};
  // "mean", "cls", "last", "max", "mean_sqrt_len", "weightedmean"; "none": a vector for each token; "rank": what a sequence head gives.
  // Empty: as the model's files say, else "mean".
  std::string pooling = {};
  std::optional<bool> normalize = {};  // to length 1; not set: as the model's files say, else not
  std::string prompt_name = {};        // a prompt of the model's that goes before each text; empty: its default, if it has one
};

struct Embedding {
  std::vector<float> values;  // [vectors, width]
  std::uint64_t vectors = 1;  // more only without pooling: one for each token
  std::uint64_t tokens = 0;   // of the text, with special ones
  bool truncated = false;
};

struct ClassifyOptions {
  EncodeOptions encode = {};
  std::uint64_t top_k = 0;  // labels, answers or tokens to give, best first; 0: as many as the task usually gives
  bool raw = false;         // scores are the model's logits, not probabilities (sequence heads only)
};

// One thing found in a text.
struct Finding {
  std::string label;  // of a class or an entity, or the token put in a mask's place; empty for answers and reranking scores
  double score = 0;   // a probability, or the logit where that was asked for or the model is a regression
  struct Part {
    std::string text;
    std::uint64_t begin = 0, end = 0;  // bytes; of the pair's second text for answers
  };
  std::optional<Part> part = {};  // where it is; none for findings on the whole text
};

struct Classification {
  std::vector<Finding> findings;  // best first, or in the order of the text
  std::uint64_t tokens = 0;       // of the text, with special ones
  bool truncated = false;
};

}  // namespace tightrope
