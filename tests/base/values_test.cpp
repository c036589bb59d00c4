// Small values: bytes, checked arithmetic, random numbers, facts about the machine.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/clock.h"
#include "base/cpu.h"
#include "base/random.h"

namespace tightrope {
namespace {

TEST(Bytes, PartsShareTheOwner) {
  Bytes part;
  {
    const Bytes whole(std::vector<std::byte>{std::byte{1}, std::byte{2}, std::byte{3}});
    part = whole.part(1, 2);
  }
  ASSERT_EQ(part.size(), 2u);
  EXPECT_EQ(part.data()[0], std::byte{2});
  EXPECT_EQ(Bytes().size(), 0u);
}

TEST(Checked, RefusesOverflow) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(checked_add(most - 1, 1, "sum"), most);
  EXPECT_THROW(checked_add(most, 1, "sum"), Error);
  EXPECT_EQ(checked_multiply(most / 3, 3, "product"), most);
  EXPECT_THROW(checked_multiply(most / 2 + 1, 2, "product"), Error);
  EXPECT_EQ(checked_align(33, 32, "offset"), 64u);
  EXPECT_EQ(checked_align(64, 32, "offset"), 64u);
  EXPECT_THROW(checked_align(most, 32, "offset"), Error);
  EXPECT_EQ(narrow<std::int32_t>(std::uint64_t{7}, "count"), 7);
  EXPECT_THROW(narrow<std::int32_t>(std::uint64_t{1} << 31, "count"), Error);
  EXPECT_THROW(narrow<std::uint32_t>(-1, "count"), Error);
}

TEST(Random, IsTheSequenceOfTheStandard) {
  Random random(5489);  // the default seed: the standard gives the 10000th value
  std::uint64_t last = 0;
  for (int i = 0; i < 10'000; ++i) last = random.next();
  EXPECT_EQ(last, 9981545732273789042u);
}

TEST(Random, DistributionsHaveTheirMoments) {
  Random random(7);
  constexpr int draws = 100'000;
  double uniform_sum = 0, normal_sum = 0, square_sum = 0;
  for (int i = 0; i < draws; ++i) {
    const double u = random.uniform(), n = random.normal();
    ASSERT_TRUE(u >= 0 && u < 1 && std::isfinite(n) && random.below(10) < 10);
    uniform_sum += u;
    normal_sum += n;
    square_sum += n * n;
  }
  // Five standard errors of each mean: 0.289, 1 and 1.41 over the square root of the draws.
  EXPECT_NEAR(uniform_sum / draws, 0.5, 5 * 0.289 / std::sqrt(draws));
  EXPECT_NEAR(normal_sum / draws, 0.0, 5 * 1.0 / std::sqrt(draws));
  EXPECT_NEAR(square_sum / draws, 1.0, 5 * 1.42 / std::sqrt(draws));
}

TEST(Cpu, FactsAreThere) {
  const CpuFacts facts = cpu_facts();
  EXPECT_FALSE(facts.name.empty());
  EXPECT_GE(facts.cores, 1u);
  EXPECT_GT(facts.memory_bytes, std::uint64_t{1} << 26);
#if defined(__x86_64__) || defined(__aarch64__)
  EXPECT_FALSE(facts.flags.empty());
#endif
}

TEST(Cpu, ResidentMemoryFollowsAllocation) {
  const std::uint64_t before = current_resident_bytes();
  std::vector<char> block(std::size_t{32} << 20, 'x');
  EXPECT_GE(current_resident_bytes(), before + (std::uint64_t{24} << 20)) << block[12345];
  EXPECT_GE(peak_resident_bytes(), current_resident_bytes() - (std::uint64_t{1} << 20));
}

TEST(Stopwatch, Advances) {
  Stopwatch watch;
  const double first = watch.seconds();
  EXPECT_GE(first, 0);
  EXPECT_GE(watch.seconds(), first);
}

}  // namespace
}  // namespace tightrope
