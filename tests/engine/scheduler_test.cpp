// Many prompts at once: the tokens are those of each prompt alone, whatever runs beside it; pages are accounted for exactly.
#include "engine/scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/random.h"
#include "engine/generate.h"
#include "model/checkpoint_io.h"
#include "support/tiny_model.h"
#include "tightrope/error.h"

namespace tightrope::engine {
namespace {

using text::TokenId;
using Tokens = std::vector<TokenId>;

Tokens random_tokens(Random& random, std::size_t count, std::uint64_t vocab) {
  Tokens tokens(count);
  for (TokenId& token : tokens) token = static_cast<TokenId>(random.below(vocab));
  return tokens;
}

// Prompts of many lengths, of which every other one begins like another.
std::vector<Tokens> prompts_for(const model::Config& config, std::size_t count, std::size_t longest) {
  Random random(7);
  const Tokens beginning = random_tokens(random, longest, config.vocab);
  std::vector<Tokens> prompts;
  for (std::size_t i = 0; i < count; ++i) {
    Tokens tokens = random_tokens(random, 1 + random.below(i % 8 < 2 ? longest : 24), config.vocab);
    if (i % 2 == 0) std::copy_n(beginning.begin(), random.below(tokens.size()), tokens.begin());
    prompts.push_back(std::move(tokens));
  }
  return prompts;
}

Request greedy(Tokens prompt, std::uint64_t max_tokens) {
  Request request{.prompt = std::move(prompt), .max_tokens = max_tokens};
  request.sampling.temperature = 0;
  return request;
}

std::uint64_t tokens_for(std::size_t index) { return 1 + index % 9; }

// The most likely token after the whole text so far, again and again.
Tokens continuation(Engine& engine, Tokens text, std::uint64_t count) {
  const Tokens ends = end_tokens(engine.model());
  Sequence sequence = engine.new_sequence(text.size() + count);
  Tokens made;
  while (made.size() < count) {
    const Chunk chunk{.sequence = &sequence, .tokens = std::span(text).subspan(sequence.length())};
    const std::span<const float> logits = engine.forward({&chunk, 1});
    const auto best = static_cast<TokenId>(std::ranges::max_element(logits) - logits.begin());
    if (std::ranges::find(ends, best) != ends.end()) break;
    made.push_back(best);
    text.push_back(best);
  }
  return made;
}

std::vector<Tokens> one_by_one(Engine& engine, const std::vector<Tokens>& prompts) {
  std::vector<Tokens> results;
  for (std::size_t i = 0; i < prompts.size(); ++i) results.push_back(continuation(engine, prompts[i], tokens_for(i)));
  return results;
}

struct Together {
  std::vector<Tokens> tokens;
  std::uint64_t reused = 0;
};

Together together(Scheduler& scheduler, const std::vector<Tokens>& prompts) {
  Together results{std::vector<Tokens>(prompts.size())};
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    Request request = greedy(prompts[i], tokens_for(i));
    request.on_end = [&results, i](const Completion& done) {
      results.tokens[i] = done.tokens;
      results.reused += done.reused_tokens;
    };
    scheduler.submit(std::move(request));
  }
  scheduler.run();
  return results;
}

struct Way {
  unsigned threads;
  std::uint64_t parallel, chunk;
  bool share;
};
constexpr Way kWays[] = {{1, 1, 1000, false}, {2, 5, 64, true}, {3, 32, 300, true}, {2, 16, 7, true}, {3, 64, 4096, false}};

// Greedy tokens of a model, one by one and in every way; the second time prefixes are there already.
void expect_same_tokens(const model::Model& model, std::size_t count, std::size_t longest, bool shares = true) {
  const std::vector<Tokens> prompts = prompts_for(model.config(), count, longest);
  Engine alone(model, {.threads = 1, .isa = {}});
  const std::vector<Tokens> expected = one_by_one(alone, prompts);
  for (const Way& way : kWays) {
    Engine engine(model, {.threads = way.threads, .isa = {}});
    Scheduler scheduler(engine, {.parallel = way.parallel, .chunk = way.chunk, .pages = 100, .share = way.share});
    for (int turn = 0; turn < 2; ++turn) {
      const Together got = together(scheduler, prompts);
      EXPECT_TRUE(got.tokens == expected) << way.threads << " threads, chunks of " << way.chunk << ", turn " << turn;
      EXPECT_EQ(turn == 1 && got.reused > 0, turn == 1 && way.share && shares) << way.threads << " threads, chunks of " << way.chunk;
    }
    EXPECT_EQ(scheduler.load().pages, 0U);
    scheduler.drop_cache();
    EXPECT_EQ(scheduler.load().cached_pages, 0U);
  }
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kPrompts = 3;  // a sanitized engine needs minutes for 200
#else
constexpr std::size_t kPrompts = 200;
#endif

TEST(SchedulerTokens, AreThoseOfEachPromptAloneForTheModelThatShips) {
  expect_same_tokens(model::load_model(std::filesystem::path(TIGHTROPE_SOURCE) / "models/wren-7m"), kPrompts, 150,
                     kPrompts > 100);  // of few none is long enough to be shared
}

struct Family {
  const char* name;
  const char* type;
  bool dynamic = false;
  test::TinyBlocks blocks = test::TinyBlocks::usual;
};
void PrintTo(const Family& family, std::ostream* out) { *out << family.name; }

model::Model model_of(const Family& family) {
  const model::Arch& arch = model::arch_for_hf_model_type(family.type);
  model::Config config = test::tiny_config(arch, 0, family.blocks);
  config.context = family.dynamic ? 120 : 512;
  if (family.dynamic) {
    config.rope.scaling = model::RopeConfig::Scaling::dynamic;
    config.rope.factor = 4;
  }
  return test::tiny_model(arch, config);
}

class SchedulerFamilies : public ::testing::TestWithParam<Family> {};

TEST_P(SchedulerFamilies, GiveTheTokensOfEachPromptAlone) {
  const model::Model model = model_of(GetParam());
  expect_same_tokens(model, 40, 300, !GetParam().dynamic);
}

INSTANTIATE_TEST_SUITE_P(All, SchedulerFamilies,
                         ::testing::Values(Family{"grouped", "llama"}, Family{"windows", "mistral"}, Family{"experts", "mixtral"},
                                           Family{"mixed", "gemma2", false, test::TinyBlocks::mixed}, Family{"dynamic", "llama", true}),
                         [](const ::testing::TestParamInfo<Family>& param) { return param.param.name; });

class SchedulerTest : public ::testing::Test {
 protected:
  Tokens tokens(std::size_t count) { return random_tokens(random_, count, 300); }
  // Submits and notes how it ends.
  Scheduler::Id submit(Scheduler& scheduler, Tokens prompt, std::uint64_t max_tokens) {
    Request request = greedy(std::move(prompt), max_tokens);
    request.ignore_end = true;
    request.on_end = [this, number = submitted_++](const Completion& done) { ended_[number] = done; };
    return scheduler.submit(std::move(request));
  }
  void expect_refused(Scheduler& scheduler, Request request, ErrorCode code, const std::vector<std::string>& parts) {
    try {
      scheduler.submit(std::move(request));
      FAIL() << "was not refused";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      for (const std::string& part : parts) EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
    EXPECT_EQ(scheduler.load().queued, 0U);
  }

  Random random_{3};
  Engine engine_{model_of({"", "llama"}), {.threads = 2, .isa = {}}};
  std::size_t submitted_ = 0;
  std::map<std::size_t, Completion> ended_;
};

TEST_F(SchedulerTest, AdmitsWhatFitsExactlyAndLetsTheRestWait) {
  Scheduler scheduler(engine_, {.parallel = 10, .chunk = 1000, .pages = 5, .share = false});
  submit(scheduler, tokens(250), 7);  // 256 to run: 2 pages
  submit(scheduler, tokens(250), 8);  // 257: 3
  submit(scheduler, tokens(10), 10);  // 1: none is left
  scheduler.step();
  EXPECT_EQ(scheduler.load().running, 2U);
  EXPECT_EQ(scheduler.load().queued, 1U);
  for (int i = 0; i < 6; ++i) scheduler.step();
  EXPECT_TRUE(ended_.contains(0));
  EXPECT_FALSE(ended_.contains(1));
  EXPECT_EQ(scheduler.load().queued, 1U);  // a step admits before it runs
  scheduler.step();
  EXPECT_TRUE(ended_.contains(1));
  EXPECT_EQ(scheduler.load().running, 1U);
  scheduler.run();
  EXPECT_EQ(ended_.size(), 3U);
  EXPECT_EQ(scheduler.load().pages, 0U);
}

TEST_F(SchedulerTest, LaterRequestsDoNotOvertakeOneThatWaits) {
  Scheduler scheduler(engine_, {.parallel = 10, .chunk = 1000, .pages = 3, .share = false});
  submit(scheduler, tokens(200), 5);
  submit(scheduler, tokens(200), 5);  // waits for 2 pages
  submit(scheduler, tokens(10), 5);   // would fit
  scheduler.step();
  EXPECT_EQ(scheduler.load().running, 1U);
  EXPECT_EQ(scheduler.load().queued, 2U);
}

TEST_F(SchedulerTest, PagesThatSomebodyHoldsCostALaterRequestNothing) {
  Scheduler scheduler(engine_, {.parallel = 10, .chunk = 1000, .pages = 4});
  Tokens first = tokens(300), second = first;
  second.back() ^= 1;
  submit(scheduler, first, 20);  // 3 pages
  scheduler.step();
  submit(scheduler, second, 20);  // 3, of which 2 are there
  submit(scheduler, first, 20);   // none is left
  scheduler.step();
  EXPECT_EQ(scheduler.load().running, 2U);
  EXPECT_EQ(scheduler.load().pages, 4U);
  scheduler.run();
  EXPECT_EQ(ended_[1].reused_tokens, 256U);
  EXPECT_EQ(ended_[0].tokens, ended_[2].tokens);
  EXPECT_EQ(scheduler.load().pages, 0U);
  EXPECT_EQ(scheduler.load().cached_pages, 2U);
}

TEST_F(SchedulerTest, EqualPromptsThatComeTogetherAreReadOnce) {
  Scheduler scheduler(engine_, {.parallel = 10, .chunk = 128, .pages = 40});
  const Tokens prompt = tokens(400);
  for (int i = 0; i < 4; ++i) submit(scheduler, prompt, 3);
  scheduler.run();
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(ended_[i].reused_tokens, 384U) << i;
}

TEST_F(SchedulerTest, TextsThatAreContinuedGetATokenEveryStep) {
  Scheduler scheduler(engine_, {.parallel = 10, .chunk = 16, .pages = 40});
  std::size_t delivered = 0;
  Request request = greedy(tokens(5), 100);
  request.ignore_end = true;
  request.on_token = [&](TokenId) { return ++delivered > 0; };
  scheduler.submit(std::move(request));
  scheduler.step();
  for (int i = 0; i < 5; ++i) submit(scheduler, tokens(300), 3);
  for (std::size_t step = 2; step <= 60; ++step) {
    scheduler.step();
    EXPECT_EQ(delivered, step);
  }
}

TEST_F(SchedulerTest, RefusesWhatMakesNoSense) {
  Scheduler scheduler(engine_, {.parallel = 2, .chunk = 100, .pages = 3});
  expect_refused(scheduler, greedy({}, 5), ErrorCode::invalid_argument, {"no tokens"});
  expect_refused(scheduler, greedy({1, 100000}, 5), ErrorCode::invalid_argument, {"100000", "320"});
  expect_refused(scheduler, greedy(tokens(500), 13), ErrorCode::invalid_argument, {"500", "13", "512"});
  expect_refused(scheduler, greedy(tokens(1), UINT64_MAX), ErrorCode::invalid_argument, {"512"});
  expect_refused(scheduler, greedy(tokens(384), 2), ErrorCode::out_of_memory, {"4 pages", "the 3 that"});
  Request request = greedy({1}, 5);
  request.sampling.top_p = 2;
  expect_refused(scheduler, std::move(request), ErrorCode::invalid_argument, {"top"});
  EXPECT_FALSE(scheduler.step());
  EXPECT_THROW(Scheduler(engine_, {.parallel = 0}), Error);
  EXPECT_THROW(Scheduler(engine_, {.chunk = 0}), Error);
}

TEST_F(SchedulerTest, RefusesModelsThatContinueNoTexts) {
  Engine encoder(test::tiny_model(model::arch_for_hf_model_type("bert")), {.threads = 1, .isa = {}});
  EXPECT_THROW(Scheduler(encoder, {}), Error);
}

TEST_F(SchedulerTest, NoTokensAreAskedForNoneCome) {
  Scheduler scheduler(engine_, {});
  submit(scheduler, tokens(5), 0);
  EXPECT_FALSE(scheduler.step());
  EXPECT_TRUE(ended_.at(0).tokens.empty());
  EXPECT_EQ(ended_.at(0).ending, Ending::length);
}

TEST_F(SchedulerTest, CancellingEndsARequestWithinAStepAndOnce) {
  Scheduler scheduler(engine_, {.parallel = 1, .chunk = 100, .pages = 10});
  const Scheduler::Id running = submit(scheduler, tokens(50), 100), queued = submit(scheduler, tokens(50), 100);
  EXPECT_FALSE(scheduler.cancel(12345));
  scheduler.step();
  scheduler.step();
  EXPECT_TRUE(scheduler.cancel(running));
  EXPECT_FALSE(scheduler.cancel(running));
  EXPECT_TRUE(scheduler.cancel(queued));
  EXPECT_FALSE(scheduler.step());
  EXPECT_FALSE(scheduler.cancel(running));
  EXPECT_EQ(ended_.at(0).ending, Ending::cancelled);
  EXPECT_EQ(ended_.at(0).tokens.size(), 2U);
  EXPECT_EQ(ended_.at(1).ending, Ending::cancelled);
  EXPECT_TRUE(ended_.at(1).tokens.empty());
  EXPECT_EQ(scheduler.load().pages, 0U);
}

TEST_F(SchedulerTest, StopTokensAndTheCallersWishEndAText) {
  Scheduler scheduler(engine_, {});
  const Tokens prompt = tokens(20);
  submit(scheduler, prompt, 10);
  scheduler.run();
  const Tokens free = ended_.at(0).tokens;
  Completion stopped, refused;
  Request request = greedy(prompt, 10);
  request.ignore_end = true;
  request.stop = {free[4]};
  request.on_end = [&](const Completion& done) { stopped = done; };
  scheduler.submit(request);
  request.stop.clear();
  request.on_token = [&](TokenId) { return false; };
  request.on_end = [&](const Completion& done) { refused = done; };
  scheduler.submit(request);
  scheduler.run();
  EXPECT_EQ(stopped.ending, Ending::end_of_text);
  EXPECT_EQ(stopped.tokens, Tokens(free.begin(), std::ranges::find(free, free[4])));
  EXPECT_EQ(refused.ending, Ending::cancelled);
  EXPECT_EQ(refused.tokens, Tokens(free.begin(), free.begin() + 1));
}

TEST_F(SchedulerTest, DestroyingItCancelsWhatIsLeft) {
  bool refused = false;
  {
    Scheduler scheduler(engine_, {.parallel = 2, .chunk = 100, .pages = 10});
    for (int i = 0; i < 4; ++i) submit(scheduler, tokens(50), 100);
    Request request = greedy(tokens(5), 5);
    request.on_end = [&](const Completion&) {  // too late for another one
      try {
        submit(scheduler, tokens(5), 5);
      } catch (const Error&) {
        refused = true;
      }
      throw 1;
    };
    scheduler.submit(std::move(request));
    scheduler.step();
  }
  EXPECT_EQ(ended_.size(), 4U);
  EXPECT_TRUE(refused);
  EXPECT_EQ(ended_.at(0).ending, Ending::cancelled);
}

TEST_F(SchedulerTest, WhatACallbackThrowsLeavesTheStepAndEndsItsRequestAlone) {
  Scheduler scheduler(engine_, {.parallel = 4, .chunk = 100, .pages = 10});
  Request request = greedy(tokens(5), 50);
  Ending ending = Ending::length;
  request.on_token = [](TokenId) -> bool { throw std::runtime_error("mine"); };
  request.on_end = [&](const Completion& done) { ending = done.ending; };
  scheduler.submit(std::move(request));
  submit(scheduler, tokens(5), 3);
  EXPECT_THROW(scheduler.step(), std::runtime_error);
  EXPECT_EQ(ending, Ending::cancelled);
  scheduler.run();
  EXPECT_EQ(ended_.at(0).tokens.size(), 3U);
}

TEST_F(SchedulerTest, CallbacksMaySubmitAndCancelButNotStep) {
  Scheduler scheduler(engine_, {.parallel = 4, .chunk = 100, .pages = 10});
  const Scheduler::Id other = submit(scheduler, tokens(5), 50);
  Request request = greedy(tokens(5), 1);
  request.ignore_end = true;
  request.on_token = [&](TokenId) {
    EXPECT_THROW(scheduler.step(), Error);
    EXPECT_TRUE(scheduler.cancel(other));
    submit(scheduler, tokens(5), 2);
    return true;
  };
  scheduler.submit(std::move(request));
  scheduler.run();
  EXPECT_EQ(ended_.at(0).ending, Ending::cancelled);
  EXPECT_EQ(ended_.at(1).tokens.size(), 2U);
}

// Token 7 has an embedding that is no number. Its page is used again by those that come after it.
TEST_F(SchedulerTest, ATextThatFailsHarmsNoOther) {
  const model::Arch& arch = model::arch_for_hf_model_type("llama");
  const model::Model fine = test::tiny_model(arch, test::tiny_config(arch), 1, "f32");
  const model::Weight& embed = fine.get("embed").made_resident();
  std::vector<std::byte> bytes(embed.bytes().begin(), embed.bytes().end());
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(7 * embed.row_bytes()), embed.row_bytes(), std::byte{0xff});
  const model::Model spoiled = fine.with("embed", {embed.format(), embed.shape(), Bytes(std::move(bytes))});
  Engine engine(spoiled, {.threads = 2, .isa = {}});
  Scheduler scheduler(engine, {.parallel = 4, .chunk = 100, .pages = 10});
  submit(scheduler, {1, 2, 3}, 5);
  submit(scheduler, {1, 7, 3}, 5);
  submit(scheduler, {1, 2, 3}, 5);
  scheduler.run();
  EXPECT_EQ(ended_.at(1).ending, Ending::failed);
  EXPECT_NE(ended_.at(1).error.find("not finite"), std::string::npos) << ended_.at(1).error;
  EXPECT_EQ(ended_.at(0).tokens.size(), 5U);
  EXPECT_EQ(ended_.at(0).tokens, ended_.at(2).tokens);
  submit(scheduler, {1, 2, 3}, 5);
  scheduler.run();
  EXPECT_EQ(ended_.at(0).tokens, ended_.at(3).tokens);
}

// Threads that submit and cancel at random while one steps. TIGHTROPE_STRESS_SECONDS makes it longer.
TEST_F(SchedulerTest, RequestsJoinAndLeaveAtRandom) {
  const char* asked = std::getenv("TIGHTROPE_STRESS_SECONDS");
  const double seconds = asked == nullptr ? 2 : std::atof(asked);
  Scheduler scheduler(engine_, {.parallel = 6, .chunk = 96, .pages = 14});
  std::atomic<std::uint64_t> submitted = 0, ended = 0;
  std::atomic<int> submitters = 3;
  const Stopwatch watch;
  const auto submit_some = [&](std::uint64_t seed) {
    Random random(seed);
    std::vector<Scheduler::Id> ids;
    while (watch.seconds() < seconds) {
      Tokens prompt(1 + random.below(random.below(4) == 0 ? 380 : 40), 5);  // that begin alike
      for (std::size_t i = random.below(prompt.size()); i < prompt.size(); ++i) prompt[i] = static_cast<TokenId>(random.below(300));
      Request request = greedy(std::move(prompt), 1 + random.below(30));
      request.on_end = [&](const Completion& done) {
        ++ended;
        EXPECT_NE(done.ending, Ending::failed) << done.error;
      };
      if (random.below(8) == 0) request.on_token = [](TokenId id) { return id % 5 != 0; };
      ids.push_back(scheduler.submit(std::move(request)));
      ++submitted;
      if (random.below(3) == 0) scheduler.cancel(ids[random.below(ids.size())]);
      if (random.below(50) == 0) scheduler.drop_cache();
      const Scheduler::Load load = scheduler.load();
      EXPECT_LE(load.pages, load.limit);
      while (scheduler.load().queued > 20 && watch.seconds() < seconds) std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    --submitters;
  };
  std::vector<std::jthread> threads;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) threads.emplace_back(submit_some, seed);
  while (submitters > 0)
    if (scheduler.wait(std::chrono::milliseconds(5))) scheduler.step();
  scheduler.run();
  EXPECT_EQ(submitted, ended);
  EXPECT_GT(submitted, 20U);
  EXPECT_EQ(scheduler.load().pages, 0U);
  scheduler.drop_cache();
  EXPECT_EQ(scheduler.load().cached_pages, 0U);
}

}  // namespace
}  // namespace tightrope::engine
