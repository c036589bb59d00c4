// Truncation takes from the right texts, and batches hold texts of similar length.
#include "tasks/tokenize.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"

namespace tightrope::tasks {
namespace {

// [CLS] first [SEP] second [SEP], as sequences.
text::Encoding encoding_of(std::size_t first, std::size_t second) {
  text::Encoding encoding;
  const auto add = [&](std::int8_t sequence, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      encoding.ids.push_back(static_cast<text::TokenId>(encoding.ids.size()));
      encoding.type_ids.push_back(sequence == 1 ? 1 : 0);
      encoding.spans.push_back({});
      encoding.sequences.push_back(sequence);
    }
  };
  add(-1, 1), add(0, first), add(-1, 1);
  if (second > 0) add(1, second), add(-1, 1);
  return encoding;
}

std::pair<std::ptrdiff_t, std::ptrdiff_t> kept(std::size_t first, std::size_t second, std::uint64_t context, Shortened shortened) {
  text::Encoding encoding = encoding_of(first, second);
  truncate(encoding, context, shortened);
  EXPECT_EQ(encoding.ids.size(), context);
  EXPECT_EQ(encoding.ids.size(), encoding.type_ids.size());
  EXPECT_EQ(encoding.sequences.back(), -1);
  return {std::ranges::count(encoding.sequences, 0), std::ranges::count(encoding.sequences, 1)};
}

using Kept = std::pair<std::ptrdiff_t, std::ptrdiff_t>;

TEST(Truncation, TakesFromTheLongerTextFirst) {
  EXPECT_EQ(kept(20, 0, 10, Shortened::longest), (Kept{8, 0}));
  EXPECT_EQ(kept(20, 3, 13, Shortened::longest), (Kept{7, 3}));
  EXPECT_EQ(kept(3, 20, 13, Shortened::longest), (Kept{3, 7}));
  EXPECT_EQ(kept(20, 30, 14, Shortened::longest), (Kept{5, 6}));
  EXPECT_EQ(kept(30, 20, 14, Shortened::longest), (Kept{6, 5}));
}

TEST(Truncation, AQuestionIsNeverCut) {
  EXPECT_EQ(kept(6, 20, 13, Shortened::second), (Kept{6, 4}));
  text::Encoding encoding = encoding_of(12, 5);
  EXPECT_THROW(truncate(encoding, 13, Shortened::second), Error);
}

TEST(Batches, HoldEveryInputOnceLongestFirst) {
  std::vector<TokenizedInput> inputs;
  for (const std::size_t length : {3, 50, 7, 7, 1, 20}) inputs.push_back({encoding_of(length, 0)});
  const auto batches = batches_by_length(inputs, 25);
  const std::vector<std::vector<std::size_t>> expected = {{1}, {5}, {2, 3, 0}, {4}};
  EXPECT_EQ(batches, expected);
}

}  // namespace
}  // namespace tightrope::tasks
