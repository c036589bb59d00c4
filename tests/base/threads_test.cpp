// Loops: every index once, the same chunks for any number of threads, errors rethrown, short loops cheap.
#include "base/threads.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "tightrope/error.h"

namespace tightrope {
namespace {

using Chunk = std::pair<std::uint64_t, std::uint64_t>;

std::vector<Chunk> chunks_of(ThreadPool& pool, std::uint64_t count, std::uint64_t grain) {
  std::mutex guard;
  std::vector<Chunk> chunks;
  pool.parallel_for(count, grain, [&](std::uint64_t begin, std::uint64_t end) {
    const std::lock_guard lock(guard);
    chunks.emplace_back(begin, end);
  });
  std::ranges::sort(chunks);
  return chunks;
}

TEST(Threads, AtLeastOneCore) {
  EXPECT_GE(available_cores(), 1u);
  EXPECT_EQ(ThreadPool().size(), available_cores());
  EXPECT_EQ(ThreadPool(3).size(), 3u);
  EXPECT_THROW(ThreadPool(std::numeric_limits<unsigned>::max()), Error);
}

TEST(Threads, ChunksDoNotDependOnTheNumberOfThreads) {
  ThreadPool one(1), many(4);
  for (const std::uint64_t count : {0, 1, 7, 8, 9, 1000}) {
    for (const std::uint64_t grain : {1, 3, 8, 5000}) {
      const auto expected = chunks_of(one, count, grain);
      ASSERT_EQ(expected.size(), (count + grain - 1) / grain);
      ASSERT_EQ(chunks_of(many, count, grain), expected) << count << " by " << grain;
    }
  }
  EXPECT_EQ(chunks_of(many, 5, std::numeric_limits<std::uint64_t>::max()), (std::vector<Chunk>{{0, 5}}));
  EXPECT_THROW(many.parallel_for(5, 0, [](auto, auto) {}), Error);
}

TEST(Threads, ManyShortLoopsVisitEveryIndexOnce) {
  ThreadPool pool(4);
  std::vector<std::uint32_t> visits(64, 0);
  for (std::uint32_t loop = 1; loop <= 20'000; ++loop) {
    pool.parallel_for(visits.size(), 4, [&](std::uint64_t begin, std::uint64_t end) {
      for (std::uint64_t i = begin; i < end; ++i) ++visits[i];
    });
    ASSERT_TRUE(std::ranges::all_of(visits, [&](std::uint32_t n) { return n == loop; })) << loop;
  }
}

TEST(Threads, SeveralThreadsReallyWork) {
  ThreadPool pool(2);
  std::atomic<int> arrived{0};
  // Each of the two chunks waits for the other: one thread alone would never end.
  pool.parallel_for(2, 1, [&](std::uint64_t, std::uint64_t) {
    ++arrived;
    while (arrived.load() < 2) std::this_thread::yield();
  });
  EXPECT_EQ(arrived.load(), 2);
}

TEST(Threads, WakesSleepers) {
  ThreadPool pool(3);
  for (int round = 0; round < 20; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // far longer than the workers watch
    std::atomic<int> arrived{0};
    pool.parallel_for(3, 1, [&](std::uint64_t, std::uint64_t) {
      ++arrived;
      while (arrived.load() < 3) std::this_thread::yield();
    });
  }
}

TEST(Threads, RethrowsTheFirstErrorAndStaysUsable) {
  ThreadPool pool(4);
  for (int round = 0; round < 100; ++round) {
    std::atomic<int> ran{0};
    EXPECT_THROW(pool.parallel_for(1'000'000, 1,
                                   [&](std::uint64_t begin, std::uint64_t) {
                                     ++ran;
                                     if (begin == 5) throw std::runtime_error("five");
                                   }),
                 std::runtime_error);
    EXPECT_LT(ran.load(), 1'000'000);
    EXPECT_EQ(chunks_of(pool, 10, 2).size(), 5u);
  }
}

TEST(Threads, NestedLoopsRunOnTheirThread) {
  ThreadPool pool(4);
  std::atomic<std::uint64_t> total{0};
  pool.parallel_for(8, 1, [&](std::uint64_t, std::uint64_t) {
    const auto self = std::this_thread::get_id();
    pool.parallel_for(10, 3, [&](std::uint64_t begin, std::uint64_t end) {
      EXPECT_EQ(std::this_thread::get_id(), self);
      EXPECT_TRUE(begin % 3 == 0 && end <= 10);
      total += end - begin;
    });
  });
  EXPECT_EQ(total.load(), 80u);
}

TEST(Threads, SeveralCallersTakeTurns) {
  ThreadPool pool(2);
  std::atomic<std::uint64_t> total{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 3; ++caller) {
    callers.emplace_back([&] {
      for (int loop = 0; loop < 300; ++loop) {
        pool.parallel_for(100, 7, [&](std::uint64_t begin, std::uint64_t end) { total += end - begin; });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(total.load(), 3u * 300u * 100u);
}

TEST(Threads, PoolsComeAndGo) {
  for (int round = 0; round < 50; ++round) {
    ThreadPool pool(3);
    if (round % 2 == 0) {
      EXPECT_EQ(chunks_of(pool, 6, 1).size(), 6u);
    }
  }
}

}  // namespace
}  // namespace tightrope
