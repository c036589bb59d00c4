// Comparing with another engine: its output, its failures, the taking of turns.
#include "eval/versus.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "model/checkpoint_io.h"
#include "support/fake_peer.h"
#include "support/temporary_folder.h"
#include "support/tiny_model.h"
#include "tightrope/error.h"

namespace tightrope::eval {
namespace {

const PeerRequest kRequest{.model = "m.gguf", .prefill_tokens = 16, .decode_tokens = 4, .threads = 2};

std::string row(int prompt, int generated, const std::string& speed, int threads = 2, const std::string& more = "") {
  return R"({)" + more + R"("n_threads": )" + std::to_string(threads) + R"(, "n_prompt": )" + std::to_string(prompt) + R"(, "n_gen": )" +
         std::to_string(generated) + R"(, "avg_ts": )" + speed + "}";
}

std::string message_of(const std::string& text) {
  try {
    read_peer_output(text, kRequest, "llama-bench");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::malformed) << text;
    return error.what();
  }
  return "no error";
}

TEST(PeerOutput, SpeedsAreFoundAmongNoise) {
  const PeerSpeed speed =
      read_peer_output("loading [model]\n[\n" + row(0, 4, "7.5") + ",\n" + row(16, 0, "123.25") + "\n]\n\ndone\n", kRequest, "x");
  EXPECT_EQ(speed.prefill, 123.25);
  EXPECT_EQ(speed.decode, 7.5);
  EXPECT_EQ(speed.engine, "unknown");
  EXPECT_EQ(speed.build, "");
}

TEST(PeerOutput, EnginesAreToldApartByTheirKeys) {
  const auto engine = [](const std::string& more) {
    return read_peer_output("[" + row(16, 0, "1", 2, more) + "," + row(0, 4, "1", 2, more) + "]", kRequest, "x").engine;
  };
  EXPECT_EQ(engine(R"("build_commit": "d32676d77", "backends": "CPU", "n_depth": 0, )"), "llama.cpp");
  EXPECT_EQ(engine(R"("build_commit": "1a2b3c", "cuda": false, "mla_attn": 0, "repack": false, "test": "pp16", )"), "ik_llama.cpp");
}

TEST(PeerOutput, WhatCannotBeComparedIsRefused) {
  EXPECT_NE(message_of("").find("printed no JSON array; it said nothing"), std::string::npos);
  EXPECT_NE(message_of("usage: sh\n").find("it said 'usage: sh'"), std::string::npos);
  EXPECT_NE(message_of("[" + row(16, 0, "1")).find("no JSON array"), std::string::npos);  // cut off
  EXPECT_NE(message_of("[{]").find("the output of 'llama-bench'"), std::string::npos);
  EXPECT_NE(message_of("[]").find("no measurement of a prompt of 16 tokens"), std::string::npos);
  EXPECT_NE(message_of("[3]"), "no error");
  EXPECT_NE(message_of("[" + row(16, 0, "1") + "," + row(0, 5, "1") + "]").find("generation of 4 tokens"), std::string::npos);
  EXPECT_NE(message_of("[" + row(16, 0, "1", 3) + "," + row(0, 4, "1") + "]").find("3 threads instead of 2"), std::string::npos);
  EXPECT_NE(message_of("[" + row(16, 0, "0") + "," + row(0, 4, "1") + "]").find("no speed"), std::string::npos);
  EXPECT_NE(message_of("[" + row(16, 0, "-1") + "," + row(0, 4, "1") + "]").find("no speed"), std::string::npos);
}

TEST(PeerOutput, AnotherDepthIsRefused) {
  PeerRequest deep = kRequest;
  deep.depth = 32;
  const std::string at = R"("n_depth": 32, )";
  const std::string there = "[" + row(16, 0, "5", 2, at) + "," + row(0, 4, "7", 2, at) + "]";
  EXPECT_EQ(read_peer_output(there, deep, "x").decode, 7);
  EXPECT_NE(message_of(there).find("at another depth than 0"), std::string::npos);
  EXPECT_THROW(read_peer_output("[" + row(16, 0, "5") + "," + row(0, 4, "7") + "]", deep, "x"), Error);  // one that knows no depths
}

class VersusTest : public ::testing::Test {
 protected:
  VersusTest() : model_(folder_ / "tiny.gguf") { model::save_gguf(test::tiny_model(model::arch_for_hf_model_type("llama")), model_, {}); }
  Versus measure(const std::string& script, const Progress& progress = {}) const {
    return measure_versus(model_, test::write_script(folder_, "peer", script).string(), options_, progress);
  }
  std::string failure(const std::string& script, ErrorCode code) const {
    try {
      measure(script);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    return "no error";
  }
  test::TemporaryFolder folder_;
  std::filesystem::path model_;
  BenchOptions options_{.prefill_tokens = 16, .decode_tokens = 4, .repetitions = 3, .threads = 1, .peer_seconds = 20};
};

TEST_F(VersusTest, TakesTurnsAndDividesWithinAPair) {
  std::uint64_t done = 0;
  const Versus versus = measure(test::fake_peer_script(), [&](const ProgressUpdate& update) {
    EXPECT_GE(update.done, done);
    EXPECT_EQ(update.total, 6U);
    done = update.done;
  });
  EXPECT_EQ(done, 6U);
  ASSERT_EQ(versus.pairs.size(), 3U);
  EXPECT_EQ(versus.engine, "llama.cpp");
  EXPECT_EQ(versus.build, "abc1234");
  EXPECT_GT(versus.load_seconds, 0);
  for (const VersusPair& pair : versus.pairs) {
    EXPECT_GT(pair.ours.prefill, 0);
    EXPECT_GT(pair.ours.decode, 0);
    EXPECT_EQ(pair.theirs.prefill, 100);
    EXPECT_EQ(pair.theirs.decode, 10);
    EXPECT_GT(pair.their_seconds, 0);
  }
  EXPECT_NE(to_table(versus).find("llama.cpp abc1234"), std::string::npos);
}

TEST_F(VersusTest, BothMeasureAtTheSameDepth) {
  options_.depths = "24";
  options_.repetitions = 1;
  EXPECT_EQ(measure(test::fake_peer_script()).depth, 24U);  // the script says at which depth it was asked to measure
  options_.depths = "0,24";
  EXPECT_NE(failure(test::fake_peer_script(), ErrorCode::invalid_argument).find("one depth at a time"), std::string::npos);
}

TEST(VersusFigure, OfAWorkedExample) {
  Versus versus;
  for (const auto& [ours, theirs] : {std::pair(10.0, 20.0), std::pair(30.0, 10.0), std::pair(40.0, 20.0)})
    versus.pairs.push_back({.ours = {.prefill = ours}, .theirs = {.prefill = theirs}});
  const VersusFigure figure = figure_of(versus, &Turn::prefill);
  EXPECT_EQ(figure.ratio.median, 2);  // of the ratios; the ratio of the medians is 1.5
  EXPECT_EQ(figure.ratio.min, 0.5);
  EXPECT_EQ(figure.ratio.max, 3);
  EXPECT_EQ(figure.ours.median, 30);
  EXPECT_EQ(figure.theirs.median, 20);
}

TEST_F(VersusTest, FailuresOfTheOtherProgramAreExplained) {
  EXPECT_NE(failure("echo oops >&2; exit 1", ErrorCode::io).find("exit status 1; it said 'oops'"), std::string::npos);
  EXPECT_NE(failure("kill -SEGV $$", ErrorCode::io).find("crashed (Segmentation fault)"), std::string::npos);
  EXPECT_NE(failure("echo hello", ErrorCode::malformed).find("it said 'hello'"), std::string::npos);
  EXPECT_NE(failure("echo '[{\"n_prompt\": }]'", ErrorCode::malformed).find("the output of"), std::string::npos);
}

TEST_F(VersusTest, OneThatHangsIsNotWaitedFor) {
  options_.peer_seconds = 1;
  const Stopwatch watch;
  EXPECT_NE(failure("sleep 1000", ErrorCode::io).find("not done after 1 s"), std::string::npos);
  EXPECT_LT(watch.seconds(), 60);
}

TEST_F(VersusTest, ProgressMayStopIt) {
  struct Stop {};
  int calls = 0;
  EXPECT_THROW(measure("sleep 1000",
                       [&](const ProgressUpdate&) {
                         if (++calls > 2) throw Stop();
                       }),
               Stop);
}

TEST_F(VersusTest, WhatCannotBeComparedIsRefusedBeforeAnythingRuns) {
  const std::string peer = test::write_script(folder_, "peer", "touch '" + (folder_ / "ran").string() + "'").string();
  EXPECT_THROW(measure_versus(folder_.path(), peer, options_, {}), Error);
  EXPECT_THROW(measure_versus(folder_.write("m.safetensors", "abcd"), peer, options_, {}), Error);
  EXPECT_THROW(measure_versus(folder_ / "missing.gguf", peer, options_, {}), Error);
  EXPECT_THROW(measure_versus(model_, (folder_ / "missing").string(), options_, {}), Error);
  options_.batches = "1,2";
  EXPECT_THROW(measure_versus(model_, peer, options_, {}), Error);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "ran"));
}

}  // namespace
}  // namespace tightrope::eval
