// How tokens are chosen, for the verbs that generate.
#include "sampling_options.h"

namespace tightrope::app {

void add_sampling(Verb& verb, Sampling& sampling) {
  verb.option("--temp", sampling.temperature, "X", "Temperature; 0 takes the most likely token always (default 0.8)");
  verb.option("--top-k", sampling.top_k, "K", "Only the k most likely tokens; 0 means all (default 40)");
  verb.option("--top-p", sampling.top_p, "P", "Only the most likely tokens of this joint probability (default 0.95)");
  verb.option("--min-p", sampling.min_p, "P", "Only tokens this likely relative to the most likely (default 0.05)");
  verb.option("--repeat-penalty", sampling.repetition_penalty, "X", "Above 1: recent tokens become less likely (default 1)");
  verb.option("-s,--seed", sampling.seed, "N", "The same seed gives the same text (default 0)");
}

}  // namespace tightrope::app
