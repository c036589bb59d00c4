// Probes: every one reads all that it is given and takes time in proportion to its work.
#include "kernels/ceilings.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/clock.h"
#include "base/pages.h"
#include "kernels/probe.h"

namespace tightrope::kernels {
namespace {

class ProbeTest : public ::testing::TestWithParam<Isa> {};

TEST_P(ProbeTest, ReadingSeesEveryWord) {
  constexpr std::size_t kBytes = 4096;
  const Pages pages(kBytes);
  const ProbeTable& probes = probe_table(GetParam());
  EXPECT_EQ(probes.read(pages.data(), kBytes), 0U);
  for (std::size_t at = 0; at < kBytes; at += 8) {
    pages.data()[at] = std::byte{1};
    EXPECT_NE(probes.read(pages.data(), kBytes), 0U) << at;
    pages.data()[at] = std::byte{0};
  }
}

// Chains that the compiler found alike would be computed once and counted many times: then the instructions seem to come faster than any
// processor issues them. Two multiply-adds a cycle at 6.5 GHz are beyond all there are; the shorter ones come four at a time.
TEST_P(ProbeTest, PeaksAreReallyComputed) {
  for (const PeakLoop& loop : probe_table(GetParam()).peaks) {
    if (loop.available != nullptr && !loop.available()) continue;
    const double a_cycle = GetParam() == Isa::avx2 && loop.arithmetic == "int8"   ? 4
                           : GetParam() == Isa::avx2 || GetParam() == Isa::avx512 ? 2
                                                                                  : 4;
    double best = 0;  // rounds per second
    for (int i = 0; i < 10; ++i) {
      const Stopwatch watch;
      loop.run(200000);
      best = std::max(best, 200000 / watch.seconds());
    }
    EXPECT_GT(best * loop.operations, 1e8) << loop.instruction;
    EXPECT_LT(best * static_cast<double>(loop.instructions), 6.5e9 * a_cycle) << loop.instruction;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryIsa, ProbeTest, ::testing::ValuesIn(available_isas()),
                         [](const auto& isa) { return std::string(isa_name(isa.param)); });

TEST(Ceilings, AreThoseOfTheInstructionSet) {
  const Ceilings ceilings = measure_ceilings(best_isa(), 1);
  EXPECT_EQ(ceilings.threads, 1U);
  EXPECT_GT(ceilings.read_one_thread, 1e8);   // any machine this runs on
  EXPECT_LT(ceilings.read_one_thread, 5e11);  // one thread cannot: the reading was optimised away
  ASSERT_NE(ceilings.find("fp32"), nullptr);
  EXPECT_GT(ceilings.find("fp32")->one_thread, 1e8);
  EXPECT_EQ(ceilings.find("fp7"), nullptr);
}

}  // namespace
}  // namespace tightrope::kernels
