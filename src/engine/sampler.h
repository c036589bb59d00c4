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
  // Takes time proportional to the vocabulary. `recent`: the tokens so far, oldest first. Ties go to the lowest id. The same seed, logits
  // and history give the same tokens.
  text::TokenId next(std::span<const float> logits, std::span<const text::TokenId> recent);

 private:
  struct Candidate {
    double weight;  // e^(logit / temperature) over the best one's
    float logit;
    text::TokenId id;
  };
  static bool better(const Candidate& a, const Candidate& b) { return a.logit != b.logit ? a.logit > b.logit : a.id < b.id; }

  void penalise(std::span<const text::TokenId> recent);
  void gather(float best);
  void weigh(float best);
  void keep_top_k();
  void keep_top_p();
  void keep_min_p();
  void keep_from(const Candidate& last);  // and all that are better
  double total() const;

  Sampling options_;
  Random random_;
  std::vector<float> logits_;
  std::vector<Candidate> candidates_;  // that are left, in the order of their ids
  std::vector<Candidate> order_;
};

}  // namespace tightrope::engine
