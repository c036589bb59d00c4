// Generation: limits, stop tokens, the caller's wish to stop.
#include "engine/generate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "support/family_config.h"
#include "support/random_model.h"
#include "tightrope/error.h"

namespace tightrope::engine {
namespace {

using text::TokenId;

const model::Arch& llama() { return model::arch_for_hf_model_type("llama"); }

const std::vector<TokenId> kPrompt = {3, 14, 15};

class Generate : public ::testing::Test {
 protected:
  static Generation greedy(std::uint64_t max_tokens) {
    Generation options;
    options.max_tokens = max_tokens;
    options.sampling.temperature = 0;
    return options;
  }
  Engine engine_{testing::random_model(llama(), testing::family_config(llama(), testing::small_config()), 5), {.threads = 1, .isa = {}}};
};

TEST_F(Generate, IsArgmaxAfterArgmaxWhenGreedy) {
  std::vector<TokenId> all = kPrompt;
  for (int step = 0; step < 10; ++step) {
    Sequence sequence = engine_.new_sequence(all.size());
    const Chunk chunk{.sequence = &sequence, .tokens = all};
    const std::span<const float> logits = engine_.forward({&chunk, 1});
    all.push_back(static_cast<TokenId>(std::max_element(logits.begin(), logits.end()) - logits.begin()));
  }
  const GenerationResult result = generate(engine_, kPrompt, greedy(10));
  EXPECT_EQ(result.tokens, std::vector<TokenId>(all.begin() + 3, all.end()));
  EXPECT_FALSE(result.stopped);
}

TEST_F(Generate, StopsAtAStopToken) {
  const std::vector<TokenId> free = generate(engine_, kPrompt, greedy(10)).tokens;
  Generation options = greedy(10);
  options.stop = {free[4]};
  const GenerationResult result = generate(engine_, kPrompt, options);
  const auto first = std::find(free.begin(), free.end(), free[4]);
  EXPECT_EQ(result.tokens, std::vector<TokenId>(free.begin(), first));
  EXPECT_TRUE(result.stopped);
}

TEST_F(Generate, StopsAtTheModelsOwnEnd) {
  const TokenId end = generate(engine_, kPrompt, greedy(1)).tokens.front();
  model::Config config = testing::family_config(llama(), testing::small_config());
  config.eos = {96, static_cast<std::int64_t>(end)};
  Engine engine(testing::random_model(llama(), config, 5), {.threads = 1, .isa = {}});
  const GenerationResult result = generate(engine, kPrompt, greedy(10));
  EXPECT_TRUE(result.stopped);
  EXPECT_TRUE(result.tokens.empty());
}

TEST_F(Generate, StopsWhenToldTo) {
  std::vector<TokenId> told;
  const GenerationResult result = generate(engine_, kPrompt, greedy(10), [&](TokenId id) {
    told.push_back(id);
    return told.size() < 4;
  });
  EXPECT_EQ(told.size(), 4u);
  EXPECT_EQ(result.tokens, told);
}

TEST_F(Generate, SameSeedSameText) {
  Generation options;
  options.max_tokens = 30;
  options.sampling.seed = 9;
  const std::vector<TokenId> first = generate(engine_, kPrompt, options).tokens;
  EXPECT_EQ(generate(engine_, kPrompt, options).tokens, first);
  options.sampling.seed = 10;
  EXPECT_NE(generate(engine_, kPrompt, options).tokens, first);
}

TEST_F(Generate, KeepsWithinTheContext) {
  EXPECT_EQ(generate(engine_, kPrompt, greedy(253)).tokens.size(), 253u);  // 3 + 253 = 256, the model's context
  EXPECT_TRUE(generate(engine_, kPrompt, greedy(0)).tokens.empty());
  for (const std::uint64_t tokens : {std::uint64_t{254}, ~std::uint64_t{0}}) {
    try {
      generate(engine_, kPrompt, greedy(tokens));
      ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      EXPECT_NE(std::string(error.what()).find("256"), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(generate(engine_, {}, greedy(1)), Error);
}

}  // namespace
}  // namespace tightrope::engine
