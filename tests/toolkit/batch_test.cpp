// Many prompts through the public API.
#include "tightrope/batch.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "tightrope/tightrope.h"

namespace tightrope::test {
namespace {

const std::filesystem::path kModel = std::filesystem::path(TIGHTROPE_SOURCE) / "models/wren-7m";

class BatchTest : public ::testing::Test {
 protected:
  static GenerateOptions seeded(std::uint64_t tokens, std::uint64_t seed) { return {.max_tokens = tokens, .sampling = {.seed = seed}}; }

  Engine engine_{Model::load(kModel), {.threads = 2}};
};

TEST_F(BatchTest, GivesTheTextsOfEachPromptAlone) {
  const std::vector<std::string> prompts = {"Once upon a time", "The river", "A naïve café in", "Once upon a time there was", "x"};
  std::vector<Generated> alone;
  for (std::size_t i = 0; i < prompts.size(); ++i) alone.push_back(engine_.generate(prompts[i], seeded(6 + 5 * i, i)));
  Batch batch(engine_, {.parallel = 3, .chunk = 4});
  std::vector<BatchResult> results(prompts.size());
  std::vector<std::string> streamed(prompts.size());
  for (std::size_t i = 0; i < prompts.size(); ++i)
    batch.submit(
        prompts[i], seeded(6 + 5 * i, i), [&results, i](const BatchResult& result) { results[i] = result; },
        [&streamed, i](std::string_view text) {
          streamed[i] += text;
          return true;
        });
  batch.run();
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    EXPECT_EQ(results[i].generated.text, alone[i].text);
    EXPECT_EQ(results[i].generated.tokens, alone[i].tokens);
    EXPECT_EQ(results[i].generated.stopped, alone[i].stopped);
    EXPECT_EQ(streamed[i], alone[i].text);
  }
  EXPECT_EQ(batch.load().used_bytes, 0U);
}

TEST_F(BatchTest, OtherThreadsSubmitAndCancel) {
  Batch batch(engine_, {.parallel = 4});
  BatchResult result;
  std::jthread other([&] {
    const Batch::Id id = batch.submit("Once", seeded(1500, 1), [&](const BatchResult& done) { result = done; });
    EXPECT_TRUE(batch.cancel(id));
    EXPECT_FALSE(batch.cancel(id));
  });
  other.join();
  batch.run();
  EXPECT_EQ(result.ending, Ending::cancelled);
  EXPECT_FALSE(batch.cancel(99));
}

TEST_F(BatchTest, MemoryBoundsWhatMayRun) {
  EXPECT_THROW(Batch(engine_, {.memory = 1}), Error);
  Batch batch(engine_, {.parallel = 8, .memory = std::uint64_t{1} << 20});
  EXPECT_LE(batch.load().limit_bytes, std::uint64_t{1} << 20);
  EXPECT_GT(batch.load().limit_bytes, 0U);
  try {
    batch.submit("Once", seeded(2000, 1), {});
    FAIL() << "was not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::out_of_memory);
  }
}

TEST_F(BatchTest, SharedBeginningsAreKeptUntilTheyAreDropped) {
  std::string prompt;
  for (int i = 0; i < 60; ++i) prompt += "The river rose again. ";
  Batch batch(engine_);
  std::vector<BatchResult> results;
  for (int i = 0; i < 2; ++i) {
    batch.submit(prompt, seeded(3, 1), [&](const BatchResult& result) { results.push_back(result); });
    batch.run();
  }
  EXPECT_EQ(results[0].reused_tokens, 0U);
  EXPECT_GE(results[1].reused_tokens, 128U);
  EXPECT_EQ(results[0].generated.text, results[1].generated.text);
  EXPECT_GT(batch.load().cached_bytes, 0U);
  batch.drop_cache();
  EXPECT_EQ(batch.load().cached_bytes, 0U);
}

TEST(BatchPrompt, LinesSayWhatTheyWantAndNothingElse) {
  const GenerateOptions defaults{.max_tokens = 9, .sampling = {.temperature = 0.5f, .seed = 4}};
  const BatchPrompt plain = parse_batch_prompt(R"({"prompt": "a"})", 1, defaults);
  EXPECT_EQ(plain.prompt, "a");
  EXPECT_EQ(plain.options.max_tokens, 9U);
  EXPECT_EQ(plain.options.sampling.seed, 4U);
  const BatchPrompt full = parse_batch_prompt(
      R"({"prompt": "b", "max_tokens": 3, "temperature": 0, "top_k": 5, "top_p": 0.5, "min_p": 0.25, "repetition_penalty": 2, "seed": 8})",
      1, defaults);
  EXPECT_EQ(full.options.max_tokens, 3U);
  EXPECT_EQ(full.options.sampling.temperature, 0);
  EXPECT_EQ(full.options.sampling.top_k, 5U);
  EXPECT_EQ(full.options.sampling.top_p, 0.5f);
  EXPECT_EQ(full.options.sampling.min_p, 0.25f);
  EXPECT_EQ(full.options.sampling.repetition_penalty, 2);
  EXPECT_EQ(full.options.sampling.seed, 8U);
  for (const char* wrong :
       {"", "[]", R"({"text": "a"})", R"({"prompt": 3})", R"({"prompt": "a", "n": 3})", R"({"prompt": "a", "seed": -1})"}) {
    try {
      parse_batch_prompt(wrong, 12, defaults);
      ADD_FAILURE() << wrong;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::malformed) << wrong;
      EXPECT_NE(std::string(error.what()).find("line 12"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace tightrope::test
