// Which ceiling binds, and the bytes that are counted.
#include "eval/roofline.h"

#include <gtest/gtest.h>

#include "eval/layer_timer.h"
#include "kernels/packed.h"

namespace tightrope::eval {
namespace {

const kernels::Ceilings kCeilings{.threads = 2, .read_one_thread = 50, .read_all_threads = 100, .peaks = {{"int8", "any", 500, 1000}}};

TEST(Roofline, TheSlowerOfReadingAndComputingBinds) {
  const KernelSpeed reads = against_ceilings("k", "int8", 1000, 200, 4, kCeilings);  // 1 s to compute, 2 s to read
  EXPECT_EQ(reads.ceiling, "read");
  EXPECT_EQ(reads.share, 0.5);
  EXPECT_EQ(reads.operations, 250);
  EXPECT_EQ(reads.bytes, 50);
  const KernelSpeed computes = against_ceilings("k", "int8", 3000, 200, 4, kCeilings);  // 3 s, 2 s
  EXPECT_EQ(computes.ceiling, "int8");
  EXPECT_EQ(computes.share, 0.75);
}

TEST(Roofline, WithoutAPeakNothingIsClaimed) {
  const KernelSpeed speed = against_ceilings("k", "bf16", 1000, 200, 4, kCeilings);
  EXPECT_EQ(speed.ceiling, "");
  EXPECT_EQ(speed.share, 0);
  Roofline roofline{.isa = "scalar", .ceilings = kCeilings, .kernels = {speed}};
  EXPECT_TRUE(to_json(roofline).at("kernels", "test").as_array("kernels")[0].at("share", "test").is_null());
}

TEST(LayerTimer, RunsEveryFormatWithAFewTokensAndMany) {
  ThreadPool threads(2);
  const kernels::Isa isa = kernels::best_isa();
  for (const std::size_t tokens : {std::size_t{1}, std::size_t{17}}) {
    const LayerShape shape{.rows = 48, .length = 512, .tokens = tokens};
    for (const formats::Format* format : formats::all()) {
      if (kernels::packed_format(isa, *format) == nullptr) continue;
      LayerTimer timer(isa, format, shape, threads);
      EXPECT_GT(timer.seconds(), 0) << format->name;
      EXPECT_EQ(timer.bytes(), 3.0 * static_cast<double>(kernels::packed_format(isa, *format)->group_bytes(512))) << format->name;
      EXPECT_EQ(timer.operations(), 2.0 * 48 * 512 * static_cast<double>(tokens));
    }
    LayerTimer plain(isa, nullptr, shape, threads);
    EXPECT_GT(plain.seconds(), 0);
    EXPECT_EQ(plain.bytes(), 48.0 * 512 * 4);
  }
}

}  // namespace
}  // namespace tightrope::eval
