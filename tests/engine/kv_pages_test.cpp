// Pages of keys and values: who holds them, who may find them, and that no bit of a text depends on where its cells lie.
#include "engine/kv_pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/random.h"
#include "engine/engine.h"
#include "support/tiny_model.h"
#include "tightrope/error.h"

namespace tightrope::engine {
namespace {

using text::TokenId;

std::vector<TokenId> random_tokens(std::uint64_t seed, std::size_t count) {
  Random random(seed);
  std::vector<TokenId> tokens(count);
  for (TokenId& token : tokens) token = static_cast<TokenId>(random.below(300));
  return tokens;
}

model::Model long_model() {
  const model::Arch& arch = model::arch_for_hf_model_type("llama");
  model::Config config = test::tiny_config(arch);
  config.context = 1000;
  return test::tiny_model(arch, config);
}

class Sharing : public ::testing::Test {
 protected:
  Sequence start(std::uint64_t capacity = 1000) { return engine_.new_sequence(capacity, pool_); }
  std::vector<float> run(Sequence& sequence, std::span<const TokenId> tokens) {
    const Chunk chunk{.sequence = &sequence, .tokens = tokens};
    const std::span<const float> logits = engine_.forward({&chunk, 1});
    return {logits.begin(), logits.end()};
  }
  // Without sharing.
  std::vector<float> expected(std::span<const TokenId> tokens) {
    Sequence fresh = engine_.new_sequence(tokens.size());
    return run(fresh, tokens);
  }
  // What `reuse` leaves is run.
  std::vector<float> continue_with(Sequence& sequence, std::span<const TokenId> tokens, std::uint64_t reused) {
    EXPECT_EQ(sequence.reuse(tokens), reused);
    return run(sequence, tokens.subspan(reused));
  }

  Engine engine_{long_model(), {.threads = 2, .isa = {}}};
  const std::shared_ptr<KvPages> pool_ = engine_.new_pages({.limit = 8, .share = true});
  const std::vector<TokenId> tokens_ = random_tokens(1, 600);
  const std::span<const TokenId> all_{tokens_};
};

TEST_F(Sharing, TextsThatBeginAlikeHoldTheSamePages) {
  Sequence first = start(), second = start();
  EXPECT_EQ(run(first, all_.first(300)), expected(all_.first(300)));
  EXPECT_EQ(pool_->counts().held, 3u);
  std::vector<TokenId> other(all_.begin(), all_.begin() + 300);
  other[290] ^= 1;
  EXPECT_EQ(continue_with(second, other, 256), expected(other));
  EXPECT_EQ(pool_->counts().held, 4u);
  other[130] ^= 1;
  Sequence third = start();
  EXPECT_EQ(continue_with(third, other, 128), expected(other));
}

TEST_F(Sharing, TheLastTokenIsAlwaysLeftToRun) {
  Sequence first = start(), second = start(), third = start();
  run(first, all_.first(256));
  EXPECT_EQ(continue_with(second, all_.first(256), 128), expected(all_.first(256)));
  EXPECT_EQ(continue_with(third, all_.first(257), 256), expected(all_.first(257)));
}

TEST_F(Sharing, EqualPagesMadeAtTheSameTimeBecomeOne) {
  Sequence first = start(), second = start();
  const std::vector<Chunk> chunks = {{&first, all_.first(200)}, {&second, all_.first(200)}};
  engine_.forward(chunks);
  EXPECT_EQ(pool_->counts().held, 3u);
  EXPECT_EQ(run(second, all_.subspan(200, 100)), expected(all_.first(300)));
}

TEST_F(Sharing, RewindingIntoASharedPageCopiesIt) {
  Sequence first = start(), second = start();
  run(first, all_.first(300));
  continue_with(second, all_.first(300), 256);
  second.rewind(100);
  std::vector<TokenId> other(all_.begin(), all_.begin() + 200);
  std::reverse(other.begin() + 100, other.end());
  EXPECT_EQ(run(second, std::span(other).subspan(100)), expected(other));
  EXPECT_EQ(run(first, all_.subspan(300, 50)), expected(all_.first(350)));
}

TEST_F(Sharing, PagesThatNobodyHoldsAreKeptUntilOthersNeedTheRoom) {
  {
    Sequence first = start();
    run(first, all_.first(400));  // 3 full pages and a part
  }
  EXPECT_EQ(pool_->counts().held, 0u);
  EXPECT_EQ(pool_->counts().cached, 3u);
  {
    Sequence again = start();
    EXPECT_EQ(continue_with(again, all_.first(300), 256), expected(all_.first(300)));
  }
  Sequence large = start();
  const std::vector<TokenId> others = random_tokens(2, 900);
  run(large, std::span(others).first(800));  // 7 of the 8 pages: the one that is left is the beginning, which was used last
  EXPECT_EQ(pool_->counts().cached, 1u);
  EXPECT_EQ(pool_->prefix_of(all_).pages, 1u);
  pool_->drop_cache();
  EXPECT_EQ(pool_->counts().cached, 0u);
  EXPECT_EQ(pool_->prefix_of(all_).pages, 0u);
}

TEST_F(Sharing, AFullPoolRefusesAndChangesNothing) {
  Sequence large = start(), other = start();
  run(large, random_tokens(2, 890));  // 7 of them
  run(other, all_.first(100));        // the last page
  try {
    run(other, all_.subspan(100, 100));
    FAIL() << "no page was left";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::out_of_memory);
    EXPECT_NE(std::string(error.what()).find("all 8 pages"), std::string::npos) << error.what();
  }
  EXPECT_EQ(other.length(), 100u);
  large = start();
  EXPECT_EQ(run(other, all_.subspan(100, 100)), expected(all_.first(200)));
}

TEST_F(Sharing, FailedPassesPublishNothing) {
  Sequence first = start();
  std::vector<TokenId> wrong(all_.begin(), all_.begin() + 200);
  wrong[150] = 100000;
  EXPECT_THROW(run(first, wrong), Error);
  EXPECT_EQ(pool_->prefix_of(wrong).pages, 0u);
}

TEST_F(Sharing, MovedSequencesTakeTheirPagesAlong) {
  Sequence first = start();
  run(first, all_.first(200));
  Sequence second = std::move(first);
  EXPECT_EQ(pool_->counts().held, 2u);
  EXPECT_EQ(run(second, all_.subspan(200, 10)), expected(all_.first(210)));
  second = start();
  EXPECT_EQ(pool_->counts().held, 0u);
}

TEST(KvPages, RopeThatDependsOnTheLengthSharesNothing) {
  const model::Arch& arch = model::arch_for_hf_model_type("llama");
  model::Config config = test::tiny_config(arch);
  config.context = 150;
  config.rope.scaling = model::RopeConfig::Scaling::dynamic;
  config.rope.factor = 4;
  Engine engine(test::tiny_model(arch, config), {.threads = 1, .isa = {}});
  const std::shared_ptr<KvPages> pool = engine.new_pages({.limit = 8, .share = true});
  Sequence first = engine.new_sequence(400, pool), second = engine.new_sequence(400, pool);
  const std::vector<TokenId> tokens = random_tokens(1, 300);
  const Chunk chunk{.sequence = &first, .tokens = tokens};
  engine.forward({&chunk, 1});
  EXPECT_EQ(second.reuse(tokens), 0u);
  EXPECT_EQ(pool->prefix_of(tokens).pages, 0u);
}

TEST(KvPages, ASequenceOfOtherPagesIsRefused) {
  Engine engine(long_model(), {.threads = 1, .isa = {}}), exact(long_model(), {.threads = 1, .isa = {}, .exact = true});
  Sequence sequence = engine.new_sequence(10, exact.new_pages({}));
  const std::vector<TokenId> tokens = {1, 2};
  const Chunk chunk{.sequence = &sequence, .tokens = tokens};
  EXPECT_THROW(engine.forward({&chunk, 1}), Error);
}

}  // namespace
}  // namespace tightrope::engine
