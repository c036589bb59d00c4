// Speed measuring: shapes and sanity of what comes out; the numbers are the machine's.
#include "eval/latency.h"

#include <gtest/gtest.h>

#include <atomic>
#include <ctime>
#include <thread>

#include "base/threads.h"
#include "eval/processor_time.h"
#include "model/checkpoint_io.h"
#include "support/random_model.h"
#include "support/temporary_folder.h"
#include "support/tiny_model.h"
#include "tightrope/error.h"

namespace tightrope::eval {
namespace {

std::filesystem::path saved_model(const test::TemporaryFolder& folder) {
  const std::filesystem::path file = folder / "tiny.gguf";
  model::save_gguf(test::tiny_model(model::arch_for_hf_model_type("llama")), file, {});
  return file;
}

TEST(Latency, MeasuresLoadPrefillAndDecode) {
  const test::TemporaryFolder folder;
  std::uint64_t done = 0, total = 1;
  const BenchOptions options{.prefill_tokens = 16, .decode_tokens = 4, .batches = "1,3", .repetitions = 3, .threads = 1};
  const Latency latency = measure_latency(saved_model(folder), options, [&](const ProgressUpdate& update) {
    EXPECT_EQ(update.done, done + 1);
    done = update.done, total = update.total;
  });
  EXPECT_EQ(done, total);
  EXPECT_EQ(latency.threads, 1u);
  EXPECT_FALSE(latency.isa.empty());
  EXPECT_GT(latency.load_seconds, 0);
  EXPECT_GT(latency.peak_resident_bytes, 100000u);
  ASSERT_EQ(latency.prefill.size(), 1u);
  EXPECT_EQ(latency.prefill[0].tokens, 16u);
  ASSERT_EQ(latency.decode.size(), 2u);
  EXPECT_EQ(latency.decode[0].batch, 1u);
  EXPECT_EQ(latency.decode[1].batch, 3u);
  for (const Spread& spread : {latency.prefill[0].tokens_per_second, latency.decode[0].tokens_per_second}) {
    EXPECT_GT(spread.min, 0);
    EXPECT_LE(spread.min, spread.median);
    EXPECT_LE(spread.median, spread.max);
  }
  EXPECT_GT(latency.decode[0].bytes_per_token, latency.decode[1].bytes_per_token);  // a batch shares the weights it reads
  EXPECT_GT(latency.decode[0].bandwidth_share, 0);
}

TEST(Latency, CountsTheBytesOfTheFormThatIsRead) {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder / "floats.gguf";
  const model::Model tiny = test::tiny_model(model::arch_for_hf_model_type("llama"));
  const model::Config& config = tiny.config();
  model::save_gguf(testing::random_model(tiny.arch(), config, 5, "f32"), file, {});
  BenchOptions options{.prefill_tokens = 1, .decode_tokens = 3, .batches = "1", .repetitions = 1, .threads = 1};
  const std::uint64_t rounded = measure_latency(file, options, {}).decode.front().bytes_per_token;
  options.exact = true;
  // Floats are packed either way; only the cells of keys and values differ, of 2 positions on average: 4 bytes instead of 2.
  const std::uint64_t cells = 2 * config.blocks * config.kv_heads * config.head * 2;
  EXPECT_EQ(measure_latency(file, options, {}).decode.front().bytes_per_token - rounded, 2 * cells);
}

TEST(Latency, EachDepthIsMeasuredAndItsCellsCount) {
  const test::TemporaryFolder folder;
  const model::Config config = test::tiny_model(model::arch_for_hf_model_type("llama")).config();
  std::uint64_t done = 0, total = 0;
  const BenchOptions options{.prefill_tokens = 4, .decode_tokens = 3, .batches = "1,2", .depths = "0,20", .repetitions = 1, .threads = 1};
  const Latency latency =
      measure_latency(saved_model(folder), options, [&](const ProgressUpdate& update) { done = update.done, total = update.total; });
  EXPECT_EQ(done, 12U);
  EXPECT_EQ(total, 12U);
  ASSERT_EQ(latency.prefill.size(), 2U);
  ASSERT_EQ(latency.decode.size(), 4U);
  EXPECT_EQ(latency.prefill[1].depth, 20U);
  EXPECT_EQ(latency.decode[1].depth, 0U);
  EXPECT_EQ(latency.decode[3].depth, 20U);
  EXPECT_EQ(latency.decode[3].batch, 2U);
  // Of each of the 20 positions a token reads the key and the value, as halves.
  EXPECT_EQ(latency.decode[2].bytes_per_token - latency.decode[0].bytes_per_token,
            20 * 2 * config.blocks * config.kv_heads * config.head * 2);
}

TEST(Latency, ADepthBeyondTheContextIsRefused) {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = saved_model(folder);
  const std::uint64_t context = test::tiny_model(model::arch_for_hf_model_type("llama")).config().context;
  BenchOptions options{.prefill_tokens = 4, .decode_tokens = 3, .depths = std::to_string(context - 3), .repetitions = 1, .threads = 1};
  EXPECT_THROW(measure_latency(file, options, {}), Error);
  options.depths = std::to_string(context - 4);
  EXPECT_EQ(measure_latency(file, options, {}).prefill.front().depth, context - 4);
}

TEST(Latency, OptionsThatAreZeroAreRefused) {
  const test::TemporaryFolder folder;
  const auto file = saved_model(folder);
  EXPECT_THROW(measure_latency(file, {.prefill_tokens = 0}, {}), Error);
  EXPECT_THROW(measure_latency(file, {.decode_tokens = 0}, {}), Error);
  EXPECT_THROW(measure_latency(file, {.repetitions = 0}, {}), Error);
  EXPECT_THROW(measure_latency(folder / "missing.gguf", {}, {}), Error);
}

TEST(Latency, BatchesAreAListOfNumbers) {
  EXPECT_EQ(parse_batches("1,2,16"), (std::vector<std::uint64_t>{1, 2, 16}));
  for (const char* bad : {"", "0", "1,", ",1", "1,,2", "two", "1 2", "-1", "4097", "99999999999999999999"}) {
    EXPECT_THROW(parse_batches(bad), Error) << bad;
  }
}

TEST(Latency, DepthsAreAListOfNumbers) {
  EXPECT_EQ(parse_depths("0,4096"), (std::vector<std::uint64_t>{0, 4096}));
  for (const char* bad : {"", "0,", "deep", "-1", "16777217"}) EXPECT_THROW(parse_depths(bad), Error) << bad;
}

TEST(Latency, SpreadOfAWorkedExample) {
  const Spread odd = spread_of({3, 1, 2}), even = spread_of({4, 1, 3, 2});
  EXPECT_EQ(odd.median, 2);
  EXPECT_EQ(even.median, 2.5);
  EXPECT_EQ(even.min, 1);
  EXPECT_EQ(even.max, 4);
  EXPECT_EQ(spread_of({}).median, 0);
}

TEST(ForeignLoad, OwnWorkIsNotForeign) {
  // Every core spins for us. What is left for others is what we did not get; counted as foreign, our own time would exceed that.
  const ForeignLoad load;
  const Stopwatch watch;
  const std::clock_t before = std::clock();
  ThreadPool pool(0);
  pool.parallel_for(pool.size(), 1, [&](std::uint64_t, std::uint64_t) {
    while (watch.seconds() < 0.4) std::atomic_signal_fence(std::memory_order_seq_cst);
  });
  const double foreign = load.cores(), own = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC / watch.seconds();
  constexpr double kTicks = 0.3;  // cores: the kernel counts in ticks of 10 ms
  EXPECT_GT(own, 0);
  EXPECT_LE(foreign, std::thread::hardware_concurrency() - own + kTicks);
}

}  // namespace
}  // namespace tightrope::eval
