// Chooses the next token from logits.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "text/tokenizer.h"
#include "tightrope/options.h"

namespace tightrope::engine {

class Sampler {
 public:
  // Errors: invalid_argument, naming the option.
  explicit Sampler(const Sampling& options);
  // `recent`: the tokens so far, oldest first. Ties go to the lowest id. The same seed, logits and history give the same tokens.
  text::TokenId next(std::span<const float> logits, std::span<const text::TokenId> recent);

 private:
  struct Candidate {
    float logit;
    text::TokenId id;
  };
  void penalise(std::span<const text::TokenId> recent);
  void keep_top_k();
  void keep_likely();

  Sampling options_;
  Random random_;
  std::vector<Candidate> candidates_;
  std::vector<double> weights_;  // e^(logit / temperature) of the candidates that are left, over the best one's
};

}  // namespace tightrope::engine
