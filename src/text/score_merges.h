// Merging in order of the tokens' scores, as SentencePiece does it, spelt out as merges.
#pragma once

#include <vector>

#include "text/definition.h"

namespace tightrope::text {

struct ScoreMerge {
  TokenId left, right, result;
  std::uint32_t rank;  // equal for equal scores
};

// Every pair of tokens whose joint spelling is a token, in order of rank. Requires UTF-8 spellings.
std::vector<ScoreMerge> merges_by_score(const TokenizerDefinition& definition);

// The inverse: scores for which merging by score does what the merges do; false when there are none (then nothing changes).
bool give_scores(TokenizerDefinition& definition);

}  // namespace tightrope::text
